"""Which nodes Slicer's selectors offer."""


def setOffered(node, offered):
    """Have selectors, in all modules, offer a node of the scene, or not any more."""
    name = node.GetName()
    node.SetHideFromEditors(not offered)
    # A selector looks at a node again when what it lists of it changes, which is its name.
    node.SetName(f"{name} ")
    node.SetName(name)
