const CONFIG = `\
# yaml-language-server: $schema=node_modules/mock-veridas/fixtures/config.schema.json
# Settings of mock-veridas. Their names are those of the flags that \`npx --no-install mock-veridas --help\` lists. A flag goes
# before its environment variable, and that goes before this file.

# Your own scenarios, a file each: they lie in the folder scenarios of this one.
fixtures: fixtures

# Read them again when they change.
# watch: true

# The scenario for calls that do not select one: one of yours, or one that comes with mock-veridas.
scenario: my-call

# Who may get tokens; without this, sandbox-client with sandbox-secret.
# clients:
#   - client_id: shop
#     client_secret: not-a-real-secret
#     scenario: manual
#     expires_in: 60

# What fails before a test can call the control API, and what is known of a validation. Without client_id, for all.
# faults:
#   - { client_id: shop, endpoint: token, status: 503, times: 1 }
# validations:
#   - { validation_id: my-validation, scenario: agent-late }

# Refuse a token for a second validation, and on a second page at the same time.
# strict-tokens: true
`;

const SCENARIO = `\
# yaml-language-server: $schema=../../node_modules/mock-veridas/fixtures/scenario.schema.json
# The course of a call. Its name is that of its file.
name: my-call
description: The agent comes at once, and the call takes five seconds
steps:
  # \`after\` counts from the step before: a number and ms, s, m or h.
  - { after: 1s, agent: join }   # says VideocallLoading
  - { after: 1s, agent: start }  # says VideocallInitiated
  # - { wait_for: papers-shown, timeout: 10m }
  # - { after: 1s, fail: VideocallServerNotOperational }
  - { after: 5s, agent: end }    # says VideocallCompleted
`;

/** The files that `init` writes, by path. */
export const STARTER_FILES: Readonly<Record<string, string>> = {
  'mock-veridas.config.yaml': CONFIG,
  'fixtures/scenarios/my-call.yaml': SCENARIO,
};
