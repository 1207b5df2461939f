"""An independent model of the monitor's behaviour contract in plain Python: the yardstick of the state machine test."""
