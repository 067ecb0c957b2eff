const CONFIG = `\
# yaml-language-server: $schema=node_modules/mock-veridas/fixtures/config.schema.json
# Settings of mock-veridas. Each key is the name of a flag that \`npx --no-install mock-veridas --help\` lists. A flag
# overrides its environment variable, which overrides this file.

# The folder of your own scenarios, one per file, in its subfolder scenarios.
fixtures: fixtures

# Reload them when they change.
# watch: true

# The scenario for calls that do not select one: your own, or one that comes with mock-veridas.
scenario: my-call

# The clients that may get tokens. Default: sandbox-client with sandbox-secret.
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

# Situations of the guide that do not concern you, so that coverage does not ask for them.
# coverage-ignore:
#   - { situation: production-client, reason: we have no production client yet }

# Refuse a token for a second validation, and in a second page at the same time.
# strict-tokens: true
`;

const SCENARIO = `\
# yaml-language-server: $schema=../../node_modules/mock-veridas/fixtures/scenario.schema.json
# The timeline of a call. The name of the scenario is that of its file.
name: my-call
description: The agent joins after one second, and the call lasts five seconds
steps:
  # \`after\` counts from the previous step: a number and ms, s, m or h.
  - { after: 1s, agent: join }   # posts VideocallLoading
  - { after: 1s, agent: start }  # posts VideocallInitiated
  # - { wait_for: papers-shown, timeout: 10m }
  # - { after: 1s, fail: VideocallServerNotOperational }
  - { after: 5s, agent: end }    # posts VideocallCompleted
`;

/** The files that `init` writes, by path. */
export const STARTER_FILES: Readonly<Record<string, string>> = {
  'mock-veridas.config.yaml': CONFIG,
  'fixtures/scenarios/my-call.yaml': SCENARIO,
};
