import type { ComponentChildren } from 'preact';

interface TableRow {
  readonly key: string | number;
  readonly class?: string | undefined;
  /** One for each head; an empty text leaves the cell out on a phone. */
  readonly cells: readonly ComponentChildren[];
}

interface TableProps {
  readonly name: string;
  readonly heads: readonly string[];
  readonly rows: readonly TableRow[];
}

/** A table in a scrollable container. On a phone each cell is a line with its label. */
export function Table({ name, heads, rows }: TableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: scrollable content must be reachable by keyboard
    <section class="scroll" aria-label={name} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, class: kind, cells }) => (
            <tr key={key} class={kind}>
              {cells.map((cell, place) => (
                <td key={heads[place]} data-label={heads[place]}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
