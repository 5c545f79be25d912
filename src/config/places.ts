/** Where the values of a file stand, and how they are written. */
export interface Place {
  readonly key?: number;
  readonly value: number;
  /** A scalar as it is written, without quotes. */
  readonly source?: string;
}
export interface Spot {
  readonly line: number;
  readonly column: number;
}

/** Places by path; asked for a path that is not there, the nearest parent answers. */
export class Places {
  private readonly byPath = new Map<string, Place>();
  /** Line and column of an offset, from 1. */
  readonly spotOf: (offset: number) => Spot;

  constructor(spotOf: (offset: number) => Spot) {
    this.spotOf = spotOf;
  }

  set(path: readonly PropertyKey[], place: Place): void {
    this.byPath.set(keyOf(path), place);
  }

  has(path: readonly PropertyKey[]): boolean {
    return this.byPath.has(keyOf(path));
  }

  /** How the scalar at `path` is written; `undefined` when there is none. */
  source(path: readonly PropertyKey[]): string | undefined {
    return this.byPath.get(keyOf(path))?.source;
  }

  /** Line and column, from 1, of the value at `path`, or of its key. For what is missing: the key of what it is missing in. */
  locate(path: readonly PropertyKey[], what: 'key' | 'value' = 'value'): Spot {
    const place = this.byPath.get(keyOf(path));
    if (place !== undefined) return this.spotOf(what === 'key' ? (place.key ?? place.value) : place.value);
    return path.length === 0 ? { line: 1, column: 1 } : this.locate(path.slice(0, -1), 'key');
  }
}

const keyOf = (path: readonly PropertyKey[]): string => JSON.stringify(path);
