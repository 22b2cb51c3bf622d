type Properties = readonly string[];

export function outside(): readonly string[];
export function lowContrast(): readonly string[];
export function unlabelled(): readonly string[];
export function focused(): string;
export function focusInView(): boolean;
export function styleOf(element: object, properties: Properties): readonly string[];
export function styleOfFocused(properties: Properties): readonly string[];
export function everyValueOf(property: string): readonly string[];
export function paneOver(element: object): string;
export function doubleTheText(): void;
