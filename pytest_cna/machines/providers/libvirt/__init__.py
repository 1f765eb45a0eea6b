"""libvirt: its daemons, virsh, and the accelerator of its machines."""
