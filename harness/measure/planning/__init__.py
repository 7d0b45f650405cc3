"""What is to be measured: the suite file, the contenders that are found, and the plan that is made of both."""
