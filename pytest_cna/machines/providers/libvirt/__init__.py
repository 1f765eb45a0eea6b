"""libvirt: its daemons, its virsh, and whether it can use the processor."""
