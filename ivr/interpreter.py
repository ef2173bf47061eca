"""The walk of one caller through a tree: keys in, things to say out. Pure.

Rules: a prompt that cannot be played is passed by and a menu that cannot be played goes to its default: never a dead
end. The loader has made sure that every node that is named exists.
A caller who presses nothing, or nothing sensible, is never asked for ever: `tries` bounds each menu.
"""

from dataclasses import dataclass, field

from ivr.tree import EnterQueue, HangUp, Menu, Node, Play, Tree


@dataclass(frozen=True, slots=True)
class Say:
    """Play `prompts`; collect up to `digits_max` keys, waiting `first_timeout_s` for the first after the end."""

    prompts: tuple[str, ...]
    digits_max: int = 0
    first_timeout_s: float = 0.0


Action = Say | EnterQueue | HangUp


@dataclass(slots=True)
class Walk:
    """`path` names what the caller passed and pressed: `main`, `main:2`, ... for the agent and the record."""

    tree: Tree
    node: str = ""
    tried: int = 0
    path: list[str] = field(default_factory=list)

    def start(self) -> Action:
        return self._enter(self.tree.root)

    def ended(self, digits: str, failed: bool = False) -> Action:
        """What follows when the last `Say` has ended with these keys ("" for none)."""
        node = self.tree.nodes[self.node]
        if isinstance(node, Play):
            return self._enter(node.then)
        assert isinstance(node, Menu), "only Play and Menu say anything"
        if digits in node.keys:
            self.path.append(f"{self.node}:{digits}")
            return self._enter(node.keys[digits])
        self.tried += 1
        if failed or self.tried >= node.tries:
            return self._enter(node.default)
        again = node.wrong_key if digits else node.no_key
        return self._ask(node, ((again,) if again else ()) + node.prompts)

    def repeat(self) -> Action:
        """The node once more, for a caller who may not have heard it: it costs none of the tries."""
        node = self.tree.nodes[self.node]
        if isinstance(node, Play):
            return Say(node.prompts)
        return self._ask(node, node.prompts) if isinstance(node, Menu) else node

    def _enter(self, name: str) -> Action:
        node: Node = self.tree.nodes[name]
        self.node, self.tried = name, 0
        self.path.append(name)
        if isinstance(node, Play):
            return Say(node.prompts)
        if isinstance(node, Menu):
            return self._ask(node, node.prompts)
        return node

    def _ask(self, menu: Menu, prompts: tuple[str, ...]) -> Say:
        return Say(prompts, digits_max=1, first_timeout_s=menu.first_timeout_s)
