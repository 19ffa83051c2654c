"""The steps of a launch, a file each; `bot.launches.advance` says which comes when."""
