import { Command, Option } from "commander";
import {
  CLIENT_AUTHENTICATION_METHODS,
  type Client,
  type ClientAuthenticationMethod,
  isDocumentUrl,
} from "../../core/client.ts";
import { CLIENT_CREDENTIALS } from "../../core/client-metadata.ts";
import { ConfigurationError } from "../../core/errors.ts";
import type { AuditEntry } from "../../core/events.ts";
import { randomId, randomSecret } from "../../platform/random.ts";
import type { ClientSummary, Store } from "../../store/store.ts";
import { type DatabaseFlags, databaseOption, withStore } from "../database.ts";
import { operatorEntry } from "../operator.ts";
import { bold, print, printJson, printPairs, printTable, time } from "../output.ts";
import { readPublicKeys } from "../public-keys.ts";
import { toRun } from "../same-database.ts";

/** How a client acts for the people who approve it. */
const FOR_PEOPLE = ["authorization_code", "refresh_token"];

type AddFlags = DatabaseFlags & {
  readonly id?: string;
  readonly name: string;
  readonly redirectUri?: readonly string[];
  readonly grant?: readonly string[];
  readonly scope?: readonly string[];
  readonly authMethod?: ClientAuthenticationMethod;
  readonly publicKey?: string;
  readonly jwksUri?: string;
  readonly rememberConsent?: true;
  readonly json?: true;
};
type ListFlags = DatabaseFlags & { readonly json?: true };

export function clientCommand(): Command {
  const command = new Command("client").description(
    "Manage clients: add, list, show, disable, enable and remove them.",
  );
  command
    .command("add")
    .description("Add a client that cannot register itself. Its secret is printed once.")
    .requiredOption("--name <name>", "the name that people see when they approve it")
    .option("--redirect-uri <uri...>", "its redirect URI; can be repeated")
    .addOption(
      new Option(
        "--grant <type...>",
        `how it gets tokens: for people (${FOR_PEOPLE.join(", ")}; the default), or for itself`,
      ).choices([...FOR_PEOPLE, CLIENT_CREDENTIALS]),
    )
    .option(
      "--scope <scope...>",
      "the scopes that it may ask for (default: all; for itself, those that every request needs)",
    )
    .option("--id <client_id>", "its client_id (default: a random one)")
    .addOption(
      new Option(
        "--auth-method <method>",
        "how it authenticates (default: with its keys if it has some, otherwise with a secret)",
      ).choices(CLIENT_AUTHENTICATION_METHODS),
    )
    .option("--public-key <file>", "its public key in PEM, or a JSON Web Key Set, for private_key_jwt")
    .option("--jwks-uri <url>", "where its public keys are, for private_key_jwt")
    .option(
      "--remember-consent",
      "do not ask people again for what they have approved for it (its redirect URIs must be https)",
    )
    .addOption(databaseOption())
    .option("--json", "print JSON")
    .action(add);
  command
    .command("list")
    .description(
      "List the clients in the database, newest first. Those of a server's options are not among them.",
    )
    .addOption(databaseOption())
    .option("--json", "print JSON")
    .action(list);
  command
    .command("show <client_id>")
    .description("Show one client.")
    .addOption(databaseOption())
    .option("--json", "print JSON")
    .action(show);
  command
    .command("remove <client_id>")
    .description("Remove a client and revoke its grants. It can register again: see disable.")
    .addOption(databaseOption())
    .action(remove);
  command
    .command("disable <client_id>")
    .description("Revoke a client's grants, and let no one approve it until it is enabled again.")
    .addOption(databaseOption())
    .action(disable);
  command
    .command("enable <client_id>")
    .description("Let people approve a disabled client again.")
    .addOption(databaseOption())
    .action(enable);
  return command;
}

async function add(flags: AddFlags): Promise<void> {
  const { preregisteredClient } = await import("../../core/preregistered-client.ts");
  const actsForPeople =
    !flags.grant?.includes(CLIENT_CREDENTIALS) || flags.grant.includes("authorization_code");
  if (actsForPeople && !flags.redirectUri) {
    throw new ConfigurationError(
      "--redirect-uri is missing: give the address that the client sends people back to. " +
        `A client that acts only for itself (--grant ${CLIENT_CREDENTIALS}) needs none.`,
    );
  }
  const hasKeys = flags.publicKey !== undefined || flags.jwksUri !== undefined;
  const method = flags.authMethod ?? (hasKeys ? "private_key_jwt" : "client_secret_basic");
  const secret = method.startsWith("client_secret") ? randomSecret() : undefined;
  const scopes = flags.scope?.flatMap((one) => one.split(" "));
  const client = preregisteredClient(
    {
      id: flags.id ?? randomId(),
      secret,
      name: flags.name,
      redirectUris: flags.redirectUri,
      authenticationMethod: method,
      jwks: flags.publicKey === undefined ? undefined : readPublicKeys(flags.publicKey),
      jwksUri: flags.jwksUri,
      grantTypes: flags.grant,
      scopes,
      rememberConsent: flags.rememberConsent,
    },
    // Which scopes there are is the server's matter; unknown ones are narrowed away when they are asked for.
    {
      catalogue: { descriptions: new Map(scopes?.map((scope) => [scope, scope])) },
      // A random id would say nothing.
      ...(flags.id === undefined && { called: `The client ${JSON.stringify(flags.name)}` }),
    },
    Date.now(),
  );
  const isNew = await withStore(
    flags,
    async (store) => {
      await refuseNamesake(client, store);
      return store.addClient(client, addedEntry(client));
    },
    { mayMake: true },
  );
  if (!isNew)
    throw new ConfigurationError(
      `There is a client ${client.id} already. Remove it first, or choose another --id.`,
    );
  if (flags.json)
    return printJson({ client_id: client.id, ...(secret === undefined ? {} : { client_secret: secret }) });
  printPairs([
    ["client_id", bold(client.id)],
    ...(secret === undefined ? [] : [["client_secret", bold(secret)] as const]),
  ]);
  if (secret !== undefined) print("\nThe secret is not stored and cannot be shown again. Save it now.");
}

function addedEntry({ id, name, grantTypes, scopes, remembersConsent }: Client): AuditEntry<"client.added"> {
  return operatorEntry("client.added", {
    client: id,
    client_name: name,
    grant_types: grantTypes,
    scopes,
    remembers_consent: remembersConsent,
  });
}

/** It would be the subject that a person is already, and have what is theirs. */
async function refuseNamesake(client: Client, store: Pick<Store, "listGrants">): Promise<void> {
  if (!client.grantTypes.includes(CLIENT_CREDENTIALS)) return;
  const grants = await store.listGrants({ personId: client.id });
  if (grants.every(({ clientId }) => clientId === client.id)) return;
  throw new ConfigurationError(`There is a person with the id ${client.id}. Choose another --id.`);
}

async function list(flags: ListFlags): Promise<void> {
  const { clients, disabled } = await withStore(flags, allClients);
  if (flags.json) return printJson(clients.map((client) => shown(client, disabled)));
  if (clients.length === 0) print("No clients yet. They register when they connect.");
  else
    printTable(
      ["CLIENT", "NAME", "COMES BY", "PROVES ITSELF BY", "GRANTS", "SINCE", "STATE"],
      clients.map((client) => [
        client.id,
        client.name ?? "-",
        COMES_BY[client.origin],
        client.authenticationMethod,
        String(client.liveGrants),
        time(client.createdAt),
        disabled.has(client.id) ? "disabled" : "-",
      ]),
    );
  const known = new Set(clients.map(({ id }) => id));
  const others = [...disabled.keys()].filter((id) => !known.has(id));
  if (others.length > 0) print(`\nDisabled, but not known here: ${others.join(", ")}`);
}

/** Since when each disabled one is, by its id: those that were removed since are among them. */
type Disabled = ReadonlyMap<string, number>;

async function allClients(
  store: Store,
): Promise<{ readonly clients: readonly ClientSummary[]; readonly disabled: Disabled }> {
  const clients = await store.listClients();
  const disabled = await store.listDisabledClients();
  return { clients, disabled: new Map(disabled.map(({ id, disabledAt }) => [id, disabledAt])) };
}

const COMES_BY: Readonly<Record<Client["origin"], string>> = {
  registered: "registration",
  metadata_document: "metadata document",
  preregistered: "the operator",
};

async function show(id: string, flags: ListFlags): Promise<void> {
  const { clients, disabled } = await withStore(flags, allClients);
  const client = clients.find((one) => one.id === id);
  if (!client) throw unknown(id);
  if (flags.json) return printJson(shown(client, disabled));
  const disabledAt = disabled.get(id);
  printPairs([
    ["client_id", client.id],
    ["name", client.name ?? "-"],
    ["comes by", COMES_BY[client.origin]],
    ["proves itself by", client.authenticationMethod],
    ["redirect URIs", client.redirectUris.join(", ") || "-"],
    ["grant types", client.grantTypes.join(", ")],
    ["scopes", client.scopes.join(" ") || scopesUnsaid(client)],
    ["consent", client.remembersConsent ? "remembered" : "asked for each time"],
    ["live grants", String(client.liveGrants)],
    ["since", time(client.createdAt)],
    ...(disabledAt === undefined ? [] : [["disabled", `since ${time(disabledAt)}`] as const]),
  ]);
}

function scopesUnsaid(client: Client): string {
  return client.grantTypes.includes("authorization_code") ? "any" : "what every request needs";
}

/** Everything but the hash of the secret, which is nobody's business. */
function shown({ secretHash: _hash, ...client }: ClientSummary, disabled: Disabled): object {
  return { ...client, disabledAt: disabled.get(client.id) ?? null };
}

async function remove(id: string, flags: DatabaseFlags): Promise<void> {
  const entry = operatorEntry("client.removed", { client: id });
  if (!(await withStore(flags, (store) => store.removeClient(id, entry.at, entry)))) throw unknown(id);
  print(`Removed ${id} and revoked its grants.`);
}

async function disable(id: string, flags: DatabaseFlags): Promise<void> {
  const entry = operatorEntry("client.disabled", { client: id });
  const isNew = await withStore(flags, async (store) => {
    // An address is known before it is met; anything else that nobody has met is a slip.
    if (!isDocumentUrl(id) && !(await allClients(store)).clients.some((client) => client.id === id))
      throw unknown(id);
    return store.disableClient(id, entry.at, entry);
  });
  print(isNew ? `Disabled ${id} and revoked its grants.` : `${id} is already disabled.`);
}

async function enable(id: string, flags: DatabaseFlags): Promise<void> {
  const entry = operatorEntry("client.enabled", { client: id });
  const wasDisabled = await withStore(flags, (store) => store.enableClient(id, entry));
  if (!wasDisabled) throw new ConfigurationError(`${id} is not disabled. See: ${toRun("client list")}`);
  print(`Enabled ${id}. People must approve it again.`);
}

function unknown(id: string): ConfigurationError {
  return new ConfigurationError(`The database has no client ${id}. See: ${toRun("client list")}`);
}
