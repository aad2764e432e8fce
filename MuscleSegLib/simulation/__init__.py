"""MR images of limbs, simulated from label maps, with the true fat fraction, T2 and MTR of every pixel.

As in SynthSeg (Billot 2023, Med Image Anal 86:102789), anatomy and contrast are drawn so widely that a real scan is one
more sample; unlike it, every pixel is a mixture of a water and a fat signal, because that is what fat infiltration,
Dixon images and the dark rims of opposed-phase images are made of.

The order of work, one file each: :mod:`limb_slices` (label maps to slices with distance maps), :mod:`layout` (a slice,
deformed, becomes tissues and fat fractions), :mod:`tissues` (what a tissue is made of), :mod:`sequences` (what a
scanner sees of it), :mod:`acquisition` (how the scanner spoils it), :mod:`simulator` (batches for training),
:mod:`volume` (volumes with their true maps).
"""
