"""The invented account: who talks to whom, when, and how it looks at any time."""
