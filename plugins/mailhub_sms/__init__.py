"""SMS: sending through Twilio, delivery receipts, and the answers people send back."""
