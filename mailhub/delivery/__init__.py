"""The delivery task: claim, admit again, render, sign, deliver, settle."""
