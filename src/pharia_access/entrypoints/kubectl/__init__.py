"""`kubectl access`: credentials, tokens and roles from the terminal.

Here: options and commands, a module a noun (`token`); what a command runs, a module a verb (`issue_tokens`): it has a
plan made, shows it, asks, has it carried out, and prints. Not here: any decision; those are `services.administration`.
Verbs are imported when they are run: `--help` and completion load neither the API client nor the tables.
"""
