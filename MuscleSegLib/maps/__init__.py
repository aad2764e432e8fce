"""Parameter maps of muscle, fat fraction (FF), T2 and magnetisation transfer ratio (MTR), from what the scanner gives.

Every map is a :class:`MuscleSegLib.maps.parameter_map.ParameterMap`: it keeps the geometry of what it was made from,
holds NaN where there is no value, and says which inputs, method and parameters made it.
"""
