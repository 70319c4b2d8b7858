package main

// fakes tells whether this process makes no guests and no wires.
func (p *process) fakes() bool { return p.config.Drivers == fakeDrivers }
