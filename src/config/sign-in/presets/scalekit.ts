import type { z } from "zod";
import { text } from "../../basic-schemas.ts";
import { declared } from "../../declared.ts";
import { baseUrl } from "../../provider-values.ts";
import { text as asText } from "../../variables.ts";
import {
  defineSignIn,
  oidcSettings,
  type PresetOptions,
  presetOptions,
  type SecretOption,
  secretOption,
} from "../definition.ts";

/** Its options beside those that presets share. */
export const scalekitOwn = {
  environmentUrl: baseUrl.clone().register(declared, { says: "The environment's URL.", fromText: asText }),
  organizationId: text('an organization ID, such as "org_123456789"').optional().register(declared, {
    says: "The organization whose connection people sign in with.",
    otherwise: "Scalekit asks",
    fromText: asText,
  }),
  connectionId: text('a connection ID, such as "conn_123456789"').optional().register(declared, {
    says: "The connection that people sign in with.",
    otherwise: "Scalekit asks",
    fromText: asText,
  }),
};

type Given = z.input<z.ZodObject<typeof scalekitOwn>>;
type Own = {
  /** The environment's URL. */
  environmentUrl: Given["environmentUrl"];
  /** The organization whose connection people sign in with. Default: Scalekit asks. */
  organizationId?: Given["organizationId"];
  /** The connection that people sign in with. Default: Scalekit asks. */
  connectionId?: Given["connectionId"];
};

export type ScalekitOptions = PresetOptions & SecretOption & Own;

export const scalekitSignIn = defineSignIn({
  name: "scalekit",
  title: "Scalekit",
  options: {
    ...presetOptions,
    ...secretOption,
    ...scalekitOwn,
  },
  settings: (parsed, label) => {
    const { environmentUrl, organizationId, connectionId } = parsed;
    const made = oidcSettings(parsed, label, {
      usual: { name: "scalekit", label: "Scalekit" },
      people: "members",
      issuer: environmentUrl,
      metadataUrl: `${environmentUrl}/.well-known/openid-configuration`,
      // `parameters` are hints, which a person can change on the way: `oid` says whose they are.
      refuse: ({ oid }) =>
        organizationId === undefined || oid === organizationId
          ? undefined
          : `oid is not the organization ${organizationId}`,
    });
    const place = {
      ...(organizationId !== undefined && { organization_id: organizationId }),
      ...(connectionId !== undefined && { connection_id: connectionId }),
    };
    return { ...made, parameters: { ...place, ...made.parameters } };
  },
});
