"""What can be done without the window: one module per subcommand of ``latent-studio``."""
