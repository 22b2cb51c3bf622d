import { ConfigurationError } from "../../core/errors.ts";
import type { OptionTable } from "../declared.ts";
import { type EnvironmentOptions, readVariables, variablesOf } from "../environment.ts";
import { isOfKubernetes } from "../kubernetes.ts";
import { meantName, slipOf } from "../misspelling.ts";
import { misspelt, refuseMisspelt } from "../misspelt-variables.ts";
import { type Environment, items } from "../variables.ts";
import { optionsWithVariables, prefixOf, SIGN_IN, SIGN_IN_PREFIX } from "./sign-in-variables.ts";

/** A method that variables can set up: its name, and its options. */
export type VariableMethod = { readonly name: string; readonly options: OptionTable };

/** Whether a variable says how people sign in, even one that is misspelt: such a server must not fall back to another sign-in. */
export function namesSignIn(environment: Environment): boolean {
  return Object.entries(environment).some(
    ([variable, value]) =>
      (variable === SIGN_IN || isOurs(variable, value)) && !ABOUT_ADMISSION.test(variable) && value?.trim(),
  );
}

/**
 * What the environment says of each method that SIGN_IN lists, in that order.
 * @param others further variables with the prefix, which are read elsewhere
 * @throws ConfigurationError where SIGN_IN is missing or wrong, or a variable is misspelt or is one of a method that is not listed
 */
export function methodVariables<Method extends VariableMethod>(
  environment: Environment,
  methods: readonly Method[],
  others: readonly string[],
): readonly { readonly method: Method; readonly said: EnvironmentOptions }[] {
  refuseMisspeltList(environment, methods);
  refuseMisspelt(environment, [...variablesOfMethods(methods), ...others]);
  refuseUnknown(environment, methods, others);
  const listed = readList(environment, methods);
  refuseUnlisted(environment, methods, listed);
  return listed.map((method) => ({
    method,
    said: readVariables(environment, optionsWithVariables(method.name, method.options)),
  }));
}

/**
 * Refuses what is nearly {@link SIGN_IN} and lists methods: of so short a name, many programs have one that is nearly the same.
 * @throws ConfigurationError with the right name
 */
export function refuseMisspeltList(environment: Environment, methods: readonly VariableMethod[]): void {
  for (const [name, value = ""] of Object.entries(environment)) {
    if (
      name === SIGN_IN ||
      name.startsWith(SIGN_IN_PREFIX) ||
      !slipOf(name.replace(/^GATEHOUSE_/, ""), [SIGN_IN])
    )
      continue;
    const isList = items(value).some((one) => methods.some((method) => method.name === one));
    if (isList) throw misspelt(name, SIGN_IN);
  }
}

/** Every variable of these methods. */
export function variablesOfMethods(methods: readonly VariableMethod[]): readonly string[] {
  return methods.flatMap(variablesOfMethod);
}

/** Read with the methods, and meaningful without one of them here. */
const ABOUT_ADMISSION = /^SIGN_IN_(ADMIT|DENY)/;

function isOurs(variable: string, value: string | undefined): boolean {
  const text = value?.trim();
  return Boolean(text) && variable.startsWith(SIGN_IN_PREFIX) && !isOfKubernetes(variable, text ?? "");
}

function refuseUnknown(
  environment: Environment,
  methods: readonly VariableMethod[],
  others: readonly string[],
): void {
  const known = [...variablesOfMethods(methods), ...others];
  const unknown = Object.keys(environment).find(
    (name) => isOurs(name, environment[name]) && !known.includes(name),
  );
  if (unknown === undefined) return;
  throw new ConfigurationError(`${unknown} is not a variable of Gatehouse. ${hint(unknown, methods, known)}`);
}

/** The nearest right name: of the method that it names, or else of all. */
function hint(unknown: string, methods: readonly VariableMethod[], known: readonly string[]): string {
  const method = methods.find(({ name }) => unknown.startsWith(prefixOf(name)));
  if (method) {
    const own = variablesOfMethod(method);
    const prefix = prefixOf(method.name);
    const near = meantName(
      unknown.slice(prefix.length),
      own.map((one) => one.slice(prefix.length)),
    );
    if (near) return `Did you mean ${prefix}${near}?`;
    return own.length === 0
      ? `${method.name} has no variables.`
      : `Those of ${method.name} are: ${own.join(", ")}.`;
  }
  const [near] = [slipOf(unknown, known), meantPrefix(unknown, methods)].filter(Boolean);
  if (near) return `Did you mean ${near}?`;
  return `${SIGN_IN} lists the methods (${namesOf(methods)}), and a variable of one has its name: SIGN_IN_GOOGLE_CLIENT_ID.`;
}

/** `SIGN_IN_AZURE_CLIENT_ID`: the method goes by another name here. */
function meantPrefix(unknown: string, methods: readonly VariableMethod[]): string | undefined {
  const [, word = "", rest = ""] = /^SIGN_IN_([A-Z0-9]+)_(.+)$/.exec(unknown) ?? [];
  const name = meantName(
    word.toLowerCase(),
    methods.map((method) => method.name),
  );
  const method = methods.find((one) => one.name === name);
  return method && meantName(`${prefixOf(method.name)}${rest}`, variablesOfMethod(method));
}

function readList<Method extends VariableMethod>(
  environment: Environment,
  methods: readonly Method[],
): readonly Method[] {
  const names = items(environment[SIGN_IN] ?? "");
  if (names.length === 0) throw missing(environment, methods);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) {
    const takesName = methods.some(({ name, options }) => name === twice && "name" in options);
    throw new ConfigurationError(
      takesName
        ? `${SIGN_IN} lists ${twice} twice. Two methods of one kind need code: give one of them another name there.`
        : `${SIGN_IN} lists ${twice} twice. List it once.`,
    );
  }
  return names.map((name) => {
    const method = methods.find((one) => one.name === name);
    if (method) return method;
    const near = meantName(
      name,
      methods.map((one) => one.name),
    );
    if (name === "password") throw needsCode(methods);
    const advice = near ? `Did you mean ${near}?` : `The methods are ${namesOf(methods)}.`;
    throw new ConfigurationError(
      `${SIGN_IN} lists ${JSON.stringify(name)}, which is not a method. ${advice}`,
    );
  });
}

function needsCode(methods: readonly VariableMethod[]): ConfigurationError {
  return new ConfigurationError(
    `${SIGN_IN} lists "password", which needs code: write signIn: [password(checkUser)]. The methods without code are ${namesOf(methods)}.`,
  );
}

function missing(environment: Environment, methods: readonly VariableMethod[]): ConfigurationError {
  const set = methods.find((method) => setVariable(environment, method) !== undefined);
  const why = set ? `, and ${setVariable(environment, set)} is set` : "";
  const example = set ? `${SIGN_IN}=${set.name}` : `${SIGN_IN}=users,google`;
  return new ConfigurationError(
    `${SIGN_IN} is missing${why}; it must list the ways to sign in, such as ${example}. The methods are ${namesOf(methods)}.`,
  );
}

/** A method that was set up and forgotten in the list would be missing on the page, and no one would know why. */
function refuseUnlisted(
  environment: Environment,
  methods: readonly VariableMethod[],
  listed: readonly VariableMethod[],
): void {
  for (const method of methods) {
    const variable = setVariable(environment, method);
    if (listed.includes(method) || variable === undefined) continue;
    const names = [...listed, method].map(({ name }) => name).join(",");
    throw new ConfigurationError(
      `${variable} is set, and ${SIGN_IN} does not list ${method.name}. Write ${SIGN_IN}=${names}, or remove the variable.`,
    );
  }
}

function setVariable(environment: Environment, method: VariableMethod): string | undefined {
  return variablesOfMethod(method).find((variable) => environment[variable]?.trim());
}

function variablesOfMethod({ name, options }: VariableMethod): readonly string[] {
  return variablesOf(optionsWithVariables(name, options));
}

function namesOf(methods: readonly VariableMethod[]): string {
  return methods.map(({ name }) => name).join(", ");
}
