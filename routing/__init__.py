"""Who answers: queues and the choice of an agent. Pure functions and values; imports nothing of ours."""
