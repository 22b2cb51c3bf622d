import { entraSignIn } from "../../config/sign-in/presets/entra.ts";
import { pasted, type SignInGuide } from "./guide.ts";

export const entraGuide: SignInGuide = {
  definition: entraSignIn,
  examples: {
    tenant: "8f4b0c1e-3b52-4a6e-9d2a-6f1f0a7c5e21",
    clientId: "c2a9d4f6-70b1-4e58-a1de-0b6f6f1d9a33",
  },
  admit: { list: "groups", entry: "3b2b0c93-acd8-4208-8eba-7a48db1cd4c0" },
  explain: ({ redirectUri }) => ({
    about: `People sign in with the accounts of your organization in Microsoft Entra ID (Azure AD). With one tenant or a list of them, only their people
can sign in, and nothing else is needed. \`organizations\` is every company and school, and \`any\` is personal accounts too.`,
    console: "In the Microsoft Entra admin center",
    steps: [
      `**Entra ID → App registrations → New registration**. *Supported account types*: *Accounts in this organizational directory only*, unless you name
   several tenants.`,
      `**Redirect URI**, platform *Web*:${pasted(redirectUri)}`,
      "**Overview**: copy the *Application (client) ID* and the *Directory (tenant) ID*.",
      "**Certificates & secrets → New client secret**: copy the *Value*, not the *Secret ID*. It expires; note when.",
      `If you admit by groups: **Token configuration → Add groups claim → Groups assigned to the application**, for the ID token, and assign the groups in
   **Enterprise applications → Users and groups**. Set the option \`groups\` to \`groups\`.`,
    ],
    notes: [
      `**Entra's addresses are never verified.** An administrator of any tenant can enter any address for a person there, so \`email\` proves nothing. \`admit.emails\` and
  \`admit.domains\` let no one in who signs in here. Name tenants, or use \`admit.groups\` or \`admit.claims\`.`,
      "`tenant` is checked against the claim `tid` of each ID token. For a guest of your tenant, `tid` is your tenant.",
      `**Groups overage.** Entra puts at most 200 groups into a token, nested ones included. For a person with more it leaves them all out, and says so. Such a sign-in is refused
  with a reason in the log, since a list in \`admit.deny\` could not be compared. Send only the groups that are assigned to the application, or use app roles: \`groups\` set to \`roles\`.`,
      "Groups are object IDs, such as `3b2b0c93-acd8-4208-8eba-7a48db1cd4c0`; app roles are the values that you choose.",
      "People are told apart by tenant and `oid`, which is the same in every application of the tenant; `sub` is not.",
      "For a national cloud, set `authority`, such as `https://login.microsoftonline.us`.",
    ],
  }),
};
