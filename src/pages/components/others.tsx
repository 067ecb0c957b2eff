import { formatCount } from './format.ts';

interface OthersProps {
  readonly count: number;
  readonly what?: string;
}

/** States how many items of a list are not shown, if any. */
export const Others = ({ count, what = 'older' }: OthersProps) =>
  count > 0 ? (
    <p class="soft more">
      and {formatCount(count)} {what}
    </p>
  ) : null;
