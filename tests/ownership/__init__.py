"""Who owns a packet: read from the emitted source, run against scripts, watched in memory."""
