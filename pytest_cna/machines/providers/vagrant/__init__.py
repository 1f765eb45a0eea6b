"""The provider of virtual machines by Vagrant and libvirt."""
