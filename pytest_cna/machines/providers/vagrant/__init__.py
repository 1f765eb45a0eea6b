"""Virtual machines by Vagrant, with libvirt."""
