"""What tells of runs to systems that watch many programs."""
