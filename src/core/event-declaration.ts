/** What one field of an event holds. */
export type Field<Value = unknown, IsOptional extends boolean = boolean> = {
  readonly isOptional: IsOptional;
  readonly holds: (value: unknown) => value is Value;
  /** Every value that there is, if they are few. */
  readonly values?: readonly string[];
};
export type Fields = Readonly<Record<string, Field>>;

export const text: Field<string, false> = {
  isOptional: false,
  holds: (value) => typeof value === "string",
};
/** A name that may be missing: its source had none. */
export const textOrNull: Field<string | null, false> = {
  isOptional: false,
  holds: (value) => value === null || typeof value === "string",
};
export const texts: Field<readonly string[], false> = {
  isOptional: false,
  holds: (value): value is readonly string[] => Array.isArray(value) && value.every(text.holds),
};
export const number: Field<number, false> = {
  isOptional: false,
  holds: (value) => typeof value === "number",
};
export const yesOrNo: Field<boolean, false> = {
  isOptional: false,
  holds: (value) => typeof value === "boolean",
};
/** Where a request came from. Each caller must say it, and can say that it is unknown. */
export const address: Field<string | undefined, false> = {
  isOptional: false,
  holds: (value) => value === undefined || typeof value === "string",
};

/** One of a closed list, and so fit to be a label of a metric. */
export function oneOf<const Value extends string>(
  values: readonly Value[],
): Field<Value, false> & { readonly values: readonly Value[] } {
  return { isOptional: false, values, holds: (value): value is Value => values.some((one) => one === value) };
}

/** The same field, for an event that does not always have it. */
export function optional<Value>(field: Field<Value, false>): Field<Value, true> {
  return { ...field, isOptional: true };
}

/** The values of declared fields. */
export type ValuesOf<Declared extends Fields> = {
  readonly [Name in keyof Declared as Declared[Name]["isOptional"] extends true ? never : Name]: ValueOf<
    Declared[Name]
  >;
} & {
  readonly [Name in keyof Declared as Declared[Name]["isOptional"] extends true ? Name : never]?:
    | ValueOf<Declared[Name]>
    | undefined;
};
type ValueOf<Declared extends Field> = Declared extends Field<infer Value> ? Value : never;

/** What is known of where an event comes from. Who records the event adds it: a request's peer, or the operator's login. */
export const ORIGINS = {
  request: { address, correlationId: text },
  command: { operator: text, address },
  either: { address, correlationId: optional(text), operator: optional(text) },
} as const satisfies Readonly<Record<string, Fields>>;
export type Origin = keyof typeof ORIGINS;

export const OUTCOMES = ["ok", "refused", "denied"] as const;
/** Refused by the server, denied by a person. */
export type Outcome = (typeof OUTCOMES)[number];
export type KeptIn = "log" | "audit" | "both";

/** A label's value: always the same, or what a field says. */
export type Label<Listed extends string = string, YesOrNo extends string = string> =
  | string
  | { readonly field: Listed }
  | { readonly field: YesOrNo; readonly yes: string; readonly no: string };

/** The counters that an event adds one to, each with its labels. */
export type Counts<Listed extends string = string, YesOrNo extends string = string> = Readonly<
  Record<string, Readonly<Record<string, Label<Listed, YesOrNo>>>>
>;

export type EventDeclaration<
  Own extends Fields = Fields,
  Kept extends KeptIn = KeptIn,
  From extends Origin | undefined = Origin | undefined,
  Counted extends Counts = Counts,
> = {
  readonly outcome: Outcome;
  readonly keptIn: Kept;
  /** Adds the fields of this origin; without one, the event has its own fields only. */
  readonly from?: From;
  /** Anyone can cause it, without a password or a client's credentials. */
  readonly byStrangers?: true;
  /** When it happens, for docs/events.md. */
  readonly when: string;
  /** Ids, names and reasons; never a token, a code, a secret or a password. */
  readonly fields: Own;
  readonly counts?: Counted;
};

/** Declares an event. A label can be read only from a field of its own that has few values. */
export function event<
  const Own extends Fields,
  const Kept extends KeptIn,
  const From extends Origin | undefined = undefined,
  const Counted extends Counts<ListedIn<Own>, YesOrNoIn<Own>> = Record<never, never>,
>(declared: EventDeclaration<Own, Kept, From, Counted>): EventDeclaration<Own, Kept, From, Counted> {
  return declared;
}

type ListedIn<Own extends Fields> = {
  [Name in keyof Own & string]: Own[Name] extends { readonly values: readonly string[] } ? Name : never;
}[keyof Own & string];

type YesOrNoIn<Own extends Fields> = {
  [Name in keyof Own & string]: Own[Name] extends Field<boolean> ? Name : never;
}[keyof Own & string];
