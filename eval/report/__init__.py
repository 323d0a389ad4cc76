"""One page that shows a run, or several side by side: every figure, the questions behind it, and every case."""
