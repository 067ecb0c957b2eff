import { figure } from './words.ts';

interface Left {
  readonly count: number;
  readonly what?: string;
}

/** Says how many of a list are not shown, if any. */
export const Others = ({ count, what = 'older ones' }: Left) =>
  count > 0 ? (
    <p class="soft more">
      and {figure(count)} {what}
    </p>
  ) : null;
