# The image for laptop and cloud: front end, wheels, runtime.
