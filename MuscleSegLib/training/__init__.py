"""Training: a configuration file in, a model folder out."""
