import {
  isRequired,
  PROVIDER_STATES,
  type ProviderState,
  STATE_VALUES,
} from '../contracts/provider-states/table.ts';

const listParams = ({ params }: ProviderState): string =>
  Object.entries(params)
    .map(([name, schema]) => (isRequired(schema) ? `${name} (required)` : name))
    .join(', ');

const describeState = ([name, state]: [string, ProviderState]): string =>
  [
    name,
    `    ${state.summary}`,
    ...(Object.keys(state.params).length > 0 ? [`    params  ${listParams(state)}`] : []),
    ...state.values.map(
      (value, index) => `    ${index === 0 ? 'values' : '      '}  ${STATE_VALUES[value](`\${${value}}`)}`,
    ),
  ].join('\n');

/** The provider states as `--list-states` prints them. */
export const formatStates = (): string =>
  Object.entries<ProviderState>(PROVIDER_STATES).map(describeState).join('\n');
