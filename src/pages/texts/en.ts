import { type Html, html } from "../html.ts";

/**
 * All words of the pages and mails, in English: one section for each page. Another language is another object of this type. What is
 * put into a sentence comes as markup that is escaped already ({@link Html}), as text, or as a number.
 */
export type Texts = Widened<typeof english>;

/** The same with any words: English says them as they are, and the type is of every language. */
type Widened<T> = T extends Html
  ? Html
  : T extends string
    ? string
    : T extends (...given: infer Given) => infer Said
      ? (...given: Given) => Widened<Said>
      : { readonly [Key in keyof T]: Widened<T[Key]> };

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export const english = {
  /** As HTML names it (BCP 47). */
  tag: "en",
  /** Whether the script runs from right to left. */
  isRightToLeft: false,

  /** What several pages say. */
  common: {
    /** A page has no script that could ask for the reader's own time zone. */
    time: (at: Date) =>
      `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}, ${at.toISOString().slice(11, 16)} UTC`,
    since: (when: Html) => html`Since ${when}.`,
    lastUsed: (when: Html) => html`Last used ${when}.`,
    notUsedYet: "Not used yet.",
    referenceId: (id: Html) => html`Reference ID: ${id}`,
    signIn: "Sign in",
    signInAgain: "Sign in again",
    cancel: "Cancel",
    remove: "Remove",
    passwordHint: "At least 8 characters. Several words are easier to remember.",
  },

  /** A client in a sentence. */
  client: {
    withoutName: "An app without a name",
    /** The same, where it can only be the reader's. */
    yours: "your app",
    yoursFirst: "Your app",
    wantsToConnect: (client: Html) => html`${client} wants to connect.`,
    nothingBeforeSignIn:
      "Nothing is shared before you sign in. If you approved it before, you are not asked again.",
    nothingBeforeApproval: "Nothing is shared until you approve.",
    fromHost: (name: Html, host: Html) => html`${name} from ${host}`,
  },

  /** A browser, as its `User-Agent` names it. */
  browser: {
    unknown: "Unknown browser",
    anyOn: (system: string) => `A browser on ${system}`,
    on: (browser: string, system: string) => `${browser} on ${system}`,
  },

  consent: {
    title: "Approve access",
    heading: (client: Html, app: Html) => html`${client} wants to connect to ${app}`,
    whatItMeans: "If you approve, it can act for you there.",
    sendsYouBackTo: "Sends you back to",
    signedInAs: "Signed in as",
    useAnotherAccount: "Use another account",
    aboutThisApp: "About this app",
    appOnThisComputer: "An app on this computer",
    appOnThisDevice: "An app on this device that opens this address",
    addedByOperator: (app: Html) => html`Added by the operator of ${app}.`,
    hasKey: "It has a key or secret.",
    registeredItself: "Registered itself and chose its own name.",
    publishedBy: (host: Html) => html`Published by ${host}, which chose its name.`,
    hasKeyThatProvesNoName: "It has a key or secret, which doesn’t prove its name.",
    deny: "Deny",
    approve: "Approve",
    willBeRemembered:
      "If you approve, you won’t be asked again when this app wants the same or less, as long as this connection lasts.",
    appId: (id: Html) => html`App ID: ${id}`,
    scopes: {
      legend: "What it can do",
      someAreNew: "You approved this app before. What you have not approved for it yet is marked as new.",
      isNew: "New",
      alwaysIncluded: "Always included.",
      tools: (names: Html, count: number) => html`${count === 1 ? "Tool" : "Tools"}: ${names}.`,
      scope: (scope: Html) => html`Scope: ${scope}`,
    },
    caution: {
      onlyIfStarted: "Only continue if you just started this from your app.",
      onlyIfStartedAndKnown: (place: Html) => html`Only continue if you just started this and know ${place}.`,
      anyProgram: "Any program on this computer could be asking.",
      anyoneCanUseName: "Anyone can use this name.",
      nameNotVerified: "This app’s name isn’t verified.",
      somewhereElse: "This app sends you somewhere else.",
      notPartOf: (place: Html, publisher: Html) =>
        html`${place} isn’t part of ${publisher}, which publishes this app.`,
    },
  },

  passkeys: {
    nothingCame: "No passkey was made. Turn JavaScript on, and try again.",
    notSaved: "The passkey could not be saved. Try again.",
  },

  account: {
    title: "Your account",
    titleOfProblem: "Your account: try again",
    titleOfQuestion: (method: string) => `Link ${method}?`,
    intro: (app: Html) => html`What ${app} knows about you, and where you are signed in.`,
    signInAgainFirst: "To change anything here, sign in again first.",
    person: {
      heading: "Who you are",
      name: "Name",
      id: "ID",
      addresses: (count: number) => (count === 1 ? "Verified address" : "Verified addresses"),
      groups: (count: number) => (count === 1 ? "Group" : "Groups"),
      andMore: (count: number) => `and ${count} more`,
    },
    sessions: {
      heading: "Where you are signed in",
      andMore: (count: number) => `And ${count} more.`,
      thisBrowser: "This browser",
      signedInWith: (method: Html, address: Html | undefined) =>
        html`Signed in with ${method}${address === undefined ? undefined : html` from ${address}`}`,
      signOutHere: "Sign out here",
      end: "End",
      signOutElsewhere: "Sign out everywhere else",
      signOutEverywhere: "Sign out everywhere and disconnect all apps",
    },
    identities: {
      heading: "Ways to sign in",
      link: (method: Html) => html`Link ${method}`,
      /** How a password is called in the list. */
      password: "Password",
      /** Why the person can't remove it. */
      notRemoved: {
        last_way_in: "Your only way in",
        by_operator: "Can’t be removed here",
        not_set_up: "Not set up",
      },
    },
    question: {
      heading: (method: Html, label: Html, person: Html) =>
        html`Link ${method} (${label}) to the account of ${person}?`,
      whatItMeans: (method: Html) =>
        html`Then signing in with ${method} opens this account. Only link it if you asked for this, and if this account is yours:`,
      id: (id: Html) => html`ID ${id}`,
      no: "Don’t link",
      yes: "Link",
    },
    signIns: {
      heading: "Recent sign-ins",
      none: "None are on record.",
      outcomes: { ok: "Signed in", refused: "Refused" },
      outcomeWith: (outcome: Html, method: Html) => html`${outcome} with ${method}`,
      timeAndPlace: (when: Html, address: Html) => html`${when} from ${address}`,
    },
    /** What the page says first, after a change or instead of one. */
    notices: {
      signed_in_again: "You signed in again. Now you can make your change.",
      session_ended: "The session is ended.",
      session_not_there: "That session had ended already.",
      signed_out_elsewhere: "You are signed out everywhere else.",
      identity_linked: "You can now sign in this way too.",
      not_linked: "Nothing was linked.",
      link_expired: "You were asked more than ten minutes ago, so nothing was linked. Link it again.",
      identity_removed:
        "You can no longer sign in this way. Sessions that began with it stay until you end them.",
      identity_not_there: "That way to sign in was removed already.",
      last_identity:
        "This is the last way in that works here, so it was not removed. Link another one first.",
    },
    refused: {
      nothingLinked: "Nothing was linked",
      nothingChanged: "Nothing was changed",
      outOfDate: "This page is out of date, or you are no longer signed in, so nothing was changed.",
      back: "Back to your account",
      open: "Open your account",
    },
    signedOut: {
      title: "You are signed out",
      whatItMeans: (app: Html) =>
        html`You are no longer signed in to ${app} in this browser. If you signed in with a provider, and others use this computer, sign out there too.`,
    },
    password: {
      heading: "Password",
      whatItMeans:
        "When you change it, you are signed out everywhere else. Apps that you connected stay connected.",
      signInAgainFirst: "To change your password, sign in again first.",
      username: "Username",
      current: "Current password",
      next: "New password",
      again: "New password again",
      change: "Change password",
      notTheSame: "The two new passwords are not the same. Type the new one twice.",
      incorrect: "The current password is incorrect.",
      signedOut: "You are no longer signed in, so nothing was changed.",
      changed:
        "Your password was changed, and you are signed out everywhere else. Your apps stay connected: to disconnect them, sign out everywhere.",
    },
    address: {
      heading: "Email address",
      yours: (address: Html) => html`Your address is ${address}.`,
      twoCodes: "When you change it, you type a code from the old address and one from the new.",
      signInAgainFirst: "To change it, sign in again first.",
      next: "New address",
      change: "Change address",
      printed:
        "This server printed a code for each of the two addresses on the terminal where it was started.",
      sent: (from: Html, to: Html) =>
        html`A code is on its way to each of your addresses, ${from} and ${to}.`,
      typeBoth: "Type both within ten minutes. Until then, your address stays as it is.",
      oldCode: "Code of your current address",
      newCode: "Code of your new address",
      confirm: "Confirm new address",
      cancelled: "Your address was not changed.",
      changed: "Your address was changed.",
    },
    totp: {
      heading: "Authenticator app",
      notSetUp:
        "Not set up. With an app, you are also asked for a code that it shows when you sign in with a password or by email. Then a password that someone else knows is not enough.",
      signInAgainToSetUp: "To set it up, sign in again first.",
      signInAgainToChange: "To change it, sign in again first.",
      setUp: "Set up an app",
      setUpOn: (when: Html) => html`Set up on ${when}.`,
      codesLeft: (count: number) =>
        count === 1 ? "1 recovery code is left." : `${count} recovery codes are left.`,
      required: "This server requires it.",
      newApp:
        "Your authenticator app is set up, and you are signed out everywhere else. If you lose it, you sign in with one of these codes.",
      newCodes: "These are your new recovery codes. The old ones no longer work.",
      makeNewCodes: "Make new recovery codes",
      useAnotherApp: "Use another app",
      turnOff: "Turn off",
      cancelled: "No authenticator app was set up. Nothing was changed.",
      turnedOff: "Your authenticator app is turned off. You are no longer asked for a code.",
    },
    passkeys: {
      added: "You can now sign in with this passkey.",
      removed: "You can no longer sign in with this passkey. Delete it from your device too.",
      notThere: "That passkey was removed already.",
      lastWayIn:
        "This passkey is the last way in that works here, so it was not removed. Add another one first.",
    },
    upstreams: {
      heading: "Connected services",
      intro: (app: Html) =>
        html`Tools of ${app} act as you at the services that you connect. Apps get neither your tokens nor your keys.`,
      signInAgainToStore: "To store a key, sign in again first.",
      notConnected: "Not connected",
      noKey: "No key stored",
      hasKey: "Key stored",
      connectAgain: "This connection has ended. Connect it again.",
      storeAgain: "The service no longer takes this key. Store another one.",
      noLongerHere: "This server no longer uses this service.",
      permissions: (scopes: Html) => html`Permissions: ${scopes}.`,
      connect: "Connect",
      reconnect: "Connect again",
      disconnect: "Disconnect",
      removeKey: "Remove key",
      keyOf: (service: Html) => html`Key for ${service}`,
      newKeyOf: (service: Html) => html`Another key for ${service}`,
      storeKey: "Store key",
      replaceKey: "Replace key",
      makeKey: "Make a key there",
      keyHint: "It is kept encrypted, and never shown again.",
      /** What the page says first, after a change or instead of one. */
      connected: (service: string) =>
        `${service} is connected. If an app waits for it, go back to the app and try again.`,
      disconnected: (service: string) =>
        `${service} is disconnected here. To withdraw what you approved there, do it in your settings at ${service}.`,
      keyStored: (service: string) =>
        `Your key for ${service} is stored. If an app waits for it, go back to the app and try again.`,
      keyRemoved: (service: string) =>
        `Your key for ${service} is removed here. At ${service} it still works until you delete it there.`,
      denied: (service: string) =>
        `${service} was not connected, because access to it was not approved there.`,
      removed: "What was kept for that service is removed.",
      notThere: (service: string) => `Nothing was stored for ${service}.`,
      /** Why nothing was changed. */
      notConnectable: "This service can’t be connected here.",
      noAnswer: (service: string) =>
        `${service} did not answer, so nothing was connected. Try again in a minute.`,
      wrongAnswer: (service: string) =>
        `${service} could not be connected. Try again. If it happens again, contact the server’s operator.`,
      noLongerSignedIn:
        "You are no longer signed in, or someone else is, since you began. Nothing was changed.",
      keyEmpty: (service: string) => `Type or paste a key for ${service}.`,
      keyUnusable: (service: string) =>
        `This can’t be a key for ${service}: it is too long, or has characters that no key has.`,
      keyRefused: (service: string) => `${service} does not take this key. Check that you copied all of it.`,
      keyUnchecked: (service: string) =>
        `The key for ${service} could not be checked, so it was not stored. Try again in a minute.`,
    },
  },

  /** The page that a tool's link opens, and what a service leads back to. */
  connect: {
    title: (service: string) => `Connect ${service}`,
    heading: (service: Html, app: Html) => html`Connect ${service} to ${app}?`,
    keyHeading: (service: Html, app: Html) => html`Store a key for ${service} in ${app}?`,
    whatItMeans: (service: Html) =>
      html`Then tools here act at ${service} as you, for the apps that you connected. The apps don’t get your password or tokens.`,
    whatAKeyMeans: (service: Html) =>
      html`Then tools here act at ${service} with this key, for the apps that you connected. The apps don’t get the key.`,
    account: "Your account here",
    onlyIfAsked: "Only continue if you asked for this, and if this account is yours.",
    next: (service: Html) => html`Next, ${service} asks you to approve it.`,
    connect: (service: Html) => html`Connect ${service}`,
    finish: (service: Html) => html`Connect ${service} to this account`,
    no: "Don’t connect",
    nothingConnected: "Nothing was connected",
    linkIsOver:
      "This link has expired, or is incomplete. Call the tool in your app again, or connect the service on your account page.",
    noConnection: (service: string) =>
      `This way to connect ${service} was started in another browser, has ended, or was used before.`,
    signInTitle: (service: Html) => html`Sign in to connect ${service}`,
    signInReason: "You opened a link of an app. Sign in with the account that the app uses.",
  },
};
