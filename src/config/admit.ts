import { z } from "zod";
import { type AdmissionLists, type AdmissionRules, listsGiven } from "../core/admission.ts";
import { ConfigurationError } from "../core/errors.ts";
import {
  type AdmitOptions,
  admitTable,
  type CheckAdmission,
  type ParsedAdmit,
  type ParsedLists,
} from "./admit-options.ts";
import { declaredOptions } from "./declared.ts";
import { type EnvironmentOptions, environmentOptions, variablesOf } from "./environment.ts";
import { meantName } from "./misspelling.ts";
import { placed, readOptions } from "./read-options.ts";
import type { Environment } from "./variables.ts";

/** What `admit` may be: for anyone, as a function decides, or by lists. */
export type AdmitOption = "anyone" | CheckAdmission | AdmitOptions;

declare const settled: unique symbol;

/** Who may come in, held against the methods of a server. Only {@link parseAdmit} makes one. */
export type Admission = {
  readonly rules: AdmissionRules;
  readonly check: CheckAdmission | undefined;
  /** Whom a person asks who may not come in; undefined for the operator. */
  readonly contact: string | undefined;
  readonly [settled]: true;
};

/** A method, as far as it says who can sign in with it. */
export type MethodPeople = {
  readonly name: string;
  readonly people: "own" | "members" | "public";
  readonly saysGroups?: boolean;
  readonly saysClaims?: boolean;
  readonly saysAddresses?: boolean;
};

/**
 * Reads who may come in: what the code says or, where it says nothing, the environment.
 * @throws ConfigurationError where an entry is wrong, where lists do nothing, and where a method that anyone can sign in with
 * has nothing that limits it
 */
export function parseAdmit(
  given: AdmitOption | undefined,
  methods: readonly MethodPeople[],
  environment: Environment = {},
): Admission {
  const said = saidBeside(given, environment);
  const { parsed } = readOptions(schema, said.size > 0 ? {} : { admit: given }, said);
  const { anyone = false, check, contact, deny = {}, ...lists }: ParsedAdmit = parsed.admit ?? {};
  const allow = listsOf(lists);
  const hasLists = listsGiven(allow).length > 0;
  const label = (option: string): string => said.get(option)?.variable ?? option;
  refuseIdle(
    "groups",
    namesOf({ "admit.groups": lists.groups, "admit.deny.groups": deny.groups }, label),
    methods,
  );
  refuseIdle(
    "claims",
    namesOf({ "admit.claims": lists.claims, "admit.deny.claims": deny.claims }, label),
    methods,
  );
  const isOpen = anyone || (check !== undefined && !hasLists);
  if (!isOpen && !hasLists) refuseOpenDoor(methods);
  if (hasLists)
    refuseIdleLists(
      listsGiven(allow).map((name) => label(`admit.${name}`)),
      methods,
    );
  // Past the checks, which is what the type says.
  return { rules: { isOpen, allow, deny: listsOf(deny) }, check, contact } as Admission;
}

/** Whether the lists let no one in who signs in with a method: they name addresses, and none that it says counts. */
export function isShutOut(
  { people, saysAddresses = true }: MethodPeople,
  { rules: { isOpen, allow } }: Pick<Admission, "rules">,
): boolean {
  const lists = listsGiven(allow);
  if (people === "own" || isOpen || saysAddresses || lists.length === 0) return false;
  return lists.every((name) => name === "emails" || name === "domains");
}

const schema = z.strictObject(admitTable);
const OPTIONS = declaredOptions(admitTable);

/** The variables that say who may come in. */
export const admitVariables = variablesOf(OPTIONS);

/** What variables said, where `admit` was made from them: it is parsed as they are, and the sentences name them. */
const SAID = new WeakMap<object, EnvironmentOptions>();

/**
 * Who may come in, as the environment says it; `{}` where it says nothing. It is checked with the methods of a server.
 * @throws ConfigurationError where a variable is misspelt
 */
export function admitFromEnvironment(environment: Environment): AdmitOptions {
  const said = readEnvironment(environment);
  const { admit = {} } = placed(schema, said) as { readonly admit?: AdmitOptions };
  SAID.set(admit, said);
  return admit;
}

/** What the environment says, where the code does not say it too: a list that is passed over lets someone in or keeps someone out. */
function saidBeside(given: AdmitOption | undefined, environment: Environment): EnvironmentOptions {
  const made = typeof given === "object" ? SAID.get(given) : undefined;
  if (made) return made;
  const said = readEnvironment(environment);
  const [first] = said.values();
  if (given === undefined || first === undefined) return said;
  throw new ConfigurationError(
    `The code gives admit, and the environment has ${first.variable}. Keep one of them.`,
  );
}

function readEnvironment(environment: Environment): EnvironmentOptions {
  refuseUnknownAdmit(environment);
  return environmentOptions(environment, undefined, OPTIONS);
}

/**
 * Every such name is ours, so an unknown one is a mistake, and not only one that is nearly right.
 * @throws ConfigurationError with the nearest right name, or with all
 */
export function refuseUnknownAdmit(environment: Environment): void {
  const unknown = Object.keys(environment).find(
    (name) =>
      /^SIGN_IN_(ADMIT|DENY)/.test(name) && !admitVariables.includes(name) && environment[name]?.trim(),
  );
  if (unknown === undefined) return;
  throw new ConfigurationError(`${unknown} is not a variable of Gatehouse. ${adviceFor(unknown)}`);
}

function adviceFor(unknown: string): string {
  if (unknown === "SIGN_IN_ADMIT_ANYONE") return "To let anyone in, write SIGN_IN_ADMIT=anyone.";
  if (unknown === "SIGN_IN_ADMIT_CHECK") return "admit.check is a function, and needs code.";
  // Whoever keeps people out is never told how to let them in.
  const isDenial = unknown.startsWith("SIGN_IN_DENY");
  const names = admitVariables.filter((name) => name.startsWith("SIGN_IN_DENY") === isDenial);
  const near = meantName(unknown, names);
  return near ? `Did you mean ${near}?` : `The variables are: ${names.join(", ")}.`;
}

function listsOf({ emails = [], domains = [], groups = [], claims = [] }: ParsedLists): AdmissionLists {
  return { emails, domains, groups, claims };
}

function refuseOpenDoor(methods: readonly MethodPeople[]): void {
  const open = methods.find(({ people }) => people === "public");
  if (open === undefined) return;
  throw new ConfigurationError(
    `Anyone can make an account that signs in with ${open.name}, so say who may come in: ` +
      'admit: { emails: ["*@example.com"] } (SIGN_IN_ADMIT_EMAILS=*@example.com), { groups: ["staff"] } (SIGN_IN_ADMIT_GROUPS=staff), ' +
      'or admit: "anyone" (SIGN_IN_ADMIT=anyone).',
  );
}

function namesOf(
  lists: Readonly<Record<string, readonly unknown[] | undefined>>,
  label: (option: string) => string,
): readonly string[] {
  return Object.keys(lists)
    .filter((name) => lists[name] !== undefined)
    .map(label);
}

/** What no method says is in no list: no one would be kept out by it, and no one let in. */
function refuseIdle(
  what: "groups" | "claims",
  lists: readonly string[],
  methods: readonly MethodPeople[],
): void {
  if (lists.length === 0 || methods.some((method) => SAYS[what](method))) return;
  const names = methods.map(({ name }) => name).join(" and ");
  throw new ConfigurationError(
    `${lists.join(" and ")} would do nothing: ${names} never says a person's ${what}. ${ADVICE[what]}`,
  );
}

const SAYS: Readonly<Record<"groups" | "claims", (method: MethodPeople) => boolean>> = {
  groups: ({ saysGroups = true }) => saysGroups,
  // Those of a provider always do.
  claims: ({ people, saysClaims = people !== "own" }) => saysClaims,
};

const ADVICE = {
  groups: "Set the option groups of a provider that has it, or leave the list out.",
  claims: "List emails or groups, use admit.check, or leave it out.",
} as const;

/** The operator takes them for a limit, and everyone comes in. */
function refuseIdleLists(lists: readonly string[], methods: readonly MethodPeople[]): void {
  if (methods.some(({ people }) => people !== "own")) return;
  throw new ConfigurationError(
    `${lists.join(" and ")} would do nothing: everyone who can sign in here is in because you added them. ` +
      "Use admit.deny or admit.check, or leave it out.",
  );
}
