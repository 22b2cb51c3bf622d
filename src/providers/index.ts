import { auth0Preset } from "./auth0.ts";
import { cognitoPreset } from "./cognito.ts";
import { descopePreset } from "./descope.ts";
import { entraPreset } from "./entra.ts";
import { genericPreset } from "./generic.ts";
import { googlePreset } from "./google.ts";
import { keycloakPreset } from "./keycloak.ts";
import { oktaPreset } from "./okta.ts";
import type { Preset } from "./preset.ts";
import { scalekitPreset } from "./scalekit.ts";
import { supabasePreset } from "./supabase.ts";
import { workosPreset } from "./workos.ts";

/** The providers that are known by name, for the command and the documents. */
export const PRESETS: ReadonlyMap<string, Preset> = new Map(
  [
    oktaPreset,
    auth0Preset,
    entraPreset,
    googlePreset,
    cognitoPreset,
    keycloakPreset,
    scalekitPreset,
    workosPreset,
    descopePreset,
    supabasePreset,
    genericPreset,
  ].map((preset) => [preset.name, preset]),
);
