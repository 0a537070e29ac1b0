"""The main job from end to end: real servers, the real command line."""
