"""What is wrong with the trees of ivr.yaml: names that lead nowhere, nodes nobody comes to, circles without an end."""

from collections.abc import Iterator

from config.document import Place
from config.files import Files, names
from config.problems import Problem, did_you_mean
from config.prompts.texts import SYSTEM_TEXTS
from config.schema import MenuNode, PlayNode, QueueNode, TreePart


def check_trees(files: Files) -> Iterator[Problem]:
    if files.ivr is None:
        return
    for name, tree in files.ivr.trees.items():
        broken = list(_targets(files, name, tree))
        yield from broken
        if files.ivr_complete and not broken:
            yield from _unreachable(files, name, tree)
        yield from _loops(files, name, tree)
    used = {entry.tree for entry in files.site.numbers.values()} if files.site is not None else set(files.ivr.trees)
    for name in files.ivr.trees:
        if name not in used and files.site is not None:
            message = f"no number of site.yaml leads to the tree '{name}'"
            yield files.ivr_text.problem(("trees", name), message, "remove it, or give it a number", at_key=True)


def check_replaced_texts(files: Files) -> Iterator[Problem]:
    """A name with a folder is one of the switch's own texts, given other words."""
    for name in files.ivr.prompts if files.ivr is not None else ():
        if "/" in name and name not in SYSTEM_TEXTS:
            known = [own for own in SYSTEM_TEXTS if "/" in own]
            message = f"the switch has no text '{name}' of its own that could be replaced"
            yield files.ivr_text.problem(("prompts", name), message, did_you_mean(name, known), at_key=True)


def _targets(files: Files, name: str, tree: TreePart) -> Iterator[Problem]:
    """Every name in a node must lead to something: a node, a queue, a prompt."""
    nodes = names(files.ivr_text, ("trees", name, "nodes"))
    prompts = [*names(files.ivr_text, ("prompts",)), *SYSTEM_TEXTS]
    queues = names(files.routing_text, ("queues",))
    here: Place = ("trees", name)
    wanted: list[tuple[Place, str, str, list[str]]] = [((*here, "root"), tree.root, "node", nodes)]
    for node_id, node in tree.nodes.items():
        at: Place = (*here, "nodes", node_id)
        if isinstance(node, PlayNode | MenuNode):
            wanted += [((*at, "prompts", i), prompt, "prompt", prompts) for i, prompt in enumerate(node.prompts)]
        if isinstance(node, PlayNode):
            wanted.append(((*at, "then"), node.then, "node", nodes))
        elif isinstance(node, MenuNode):
            wanted += [((*at, "keys", key), target, "node", nodes) for key, target in node.keys.items()]
            wanted.append(((*at, "default"), node.default, "node", nodes))
            again = (("wrong_key", node.wrong_key), ("no_key", node.no_key))
            wanted += [((*at, field), prompt, "prompt", prompts) for field, prompt in again if prompt]
        elif isinstance(node, QueueNode):
            if queues:
                wanted.append(((*at, "queue"), node.queue, "queue", queues))
        elif node.prompt:
            wanted.append(((*at, "prompt"), node.prompt, "prompt", prompts))
    for place, word, kind, known in wanted:
        if word not in known:
            yield files.ivr_text.problem(place, f"the {kind} '{word}' does not exist", did_you_mean(word, known))


def _next_nodes(tree: TreePart, node_id: str) -> list[str]:
    node = tree.nodes.get(node_id)
    if isinstance(node, PlayNode):
        return [node.then]
    return [*node.keys.values(), node.default] if isinstance(node, MenuNode) else []


def _unreachable(files: Files, name: str, tree: TreePart) -> Iterator[Problem]:
    """Nodes that no caller ever comes to."""
    reached, todo = {tree.root}, [tree.root]
    while todo:
        for target in _next_nodes(tree, todo.pop()):
            if target not in reached:
                reached.add(target)
                todo.append(target)
    for node_id in tree.nodes:
        if node_id not in reached:
            message = f"no caller can come to the node '{node_id}'"
            remedy = "let a key lead to it, or remove it"
            yield files.ivr_text.problem(("trees", name, "nodes", node_id), message, remedy, at_key=True)


def _loops(files: Files, name: str, tree: TreePart) -> Iterator[Problem]:
    """A caller who presses nothing must come to an end: such a walk follows `then` and `default` only."""
    settled: set[str] = set()
    for start in tree.nodes:
        path: list[str] = []
        node_id = start
        while node_id in tree.nodes and node_id not in settled and node_id not in path:
            path.append(node_id)
            node = tree.nodes[node_id]
            node_id = node.then if isinstance(node, PlayNode) else node.default if isinstance(node, MenuNode) else ""
        if node_id in path:
            circle = [*path[path.index(node_id) :], node_id]
            message = "callers who press nothing go round for ever: " + " -> ".join(circle)
            remedy = "let one of them lead to a queue or a hangup"
            yield files.ivr_text.problem(("trees", name, "nodes", circle[0]), message, remedy, at_key=True)
        settled.update(path)
