/** So many of so many rows, and what is done with them. */
export type Progress = {
  readonly doing: string;
  readonly table: string;
  readonly rows: number;
  readonly total: number;
};

/** Shows how far something is. */
export type ProgressDisplay = {
  show(progress: Progress): void;
  /** Leaves the line to what is printed next. */
  end(): void;
};

/** What a display writes to: standard error, so that standard output has the result alone. */
export type ProgressStream = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
};

const REDRAW_MS = 100;
/** Elsewhere than on a terminal, a line for each table and, in a large one, now and then. */
const LINE_MS = 10_000;
const BAR_COLUMNS = 20;

/** A bar on a terminal, lines elsewhere. @param now of `performance.now()` */
export function progressDisplay(stream: ProgressStream, now: () => number): ProgressDisplay {
  let shownAt = now();
  const isDue = ({ rows, total }: Progress, everyMs: number): boolean => {
    if (rows < total && now() - shownAt < everyMs) return false;
    shownAt = now();
    return true;
  };
  if (!stream.isTTY) {
    return {
      show(progress) {
        if (isDue(progress, LINE_MS)) stream.write(`${lineOf(progress)}\n`);
      },
      end() {},
    };
  }
  const clear = () => stream.write("\r\u001b[2K");
  return {
    show(progress) {
      if (!isDue(progress, REDRAW_MS)) return;
      clear();
      stream.write(barOf(progress, (stream.columns || 80) - 1));
    },
    end: clear,
  };
}

function lineOf({ doing, table, rows, total }: Progress): string {
  return `${doing} ${table}: ${number(rows)} of ${number(total)}`;
}

function barOf({ doing, table, rows, total }: Progress, columns: number): string {
  const share = total === 0 ? 1 : Math.min(rows / total, 1);
  const filled = Math.round(share * BAR_COLUMNS);
  const bar = "█".repeat(filled) + "░".repeat(BAR_COLUMNS - filled);
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const text = `${doing} ${table.padEnd(12)} ${bar} ${percent}  ${number(rows)} of ${number(total)}`;
  return text.length > columns ? text.slice(0, columns) : text;
}

function number(value: number): string {
  return value.toLocaleString("en");
}
