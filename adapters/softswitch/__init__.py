"""The softswitch: a simulated platform, and the dialect it speaks."""
