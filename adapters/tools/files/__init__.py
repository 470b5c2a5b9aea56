"""Files of a run: listed, read, searched and written below one folder, and nowhere else."""
