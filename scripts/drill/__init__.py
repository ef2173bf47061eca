"""A drill: callers and agents who speak real SIP, a switch and an Asterisk that are made to fail, and a judge who
compares what people saw with what the records say."""
