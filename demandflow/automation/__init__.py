"""What runs the policies: when to ask which, what they propose, who is to be told."""
