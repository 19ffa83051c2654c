"""The steps of a launch, one module each; `bot.launches.state_machine` selects the next one."""
