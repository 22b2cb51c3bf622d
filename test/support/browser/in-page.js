/*
 * Functions that run inside the page, so each is whole in itself. JavaScript with its types beside it, because the
 * project compiles without the browser's globals, and a reference to them here would let them into every file.
 */

/** Elements that reach beyond the side of the window, and the window that scrolls sideways. */
export function outside() {
  const { clientWidth, scrollWidth } = document.documentElement;
  const found =
    scrollWidth > clientWidth ? [`the page is ${scrollWidth} wide, the window ${clientWidth}`] : [];
  for (const element of document.body.querySelectorAll("*")) {
    const { left, right, width } = element.getBoundingClientRect();
    if (width > 0 && (left < -0.5 || right > clientWidth + 0.5)) {
      found.push(`<${element.localName} class="${element.className}"> from ${left} to ${right}`);
    }
  }
  return found;
}

/**
 * Text below the contrast of WCAG 2.2 §1.4.3 (4.5 to 1; nothing here is let off as large), and edges of fields and
 * buttons below that of §1.4.11 (3 to 1).
 */
export function lowContrast() {
  const parse = (text) => {
    const [red = 0, green = 0, blue = 0, alpha = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
    return [red, green, blue, alpha];
  };
  const luminance = ([red, green, blue]) => {
    const linear = [red, green, blue].map((channel) => {
      const share = channel / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((left, right) => left - right);
    return (light + 0.05) / (dark + 0.05);
  };
  const ground = (element) => {
    if (element === null) throw new Error("The page has no background of its own.");
    const colour = parse(getComputedStyle(element).backgroundColor);
    if (colour[3] === 1) return colour;
    if (colour[3] !== 0)
      throw new Error(`A see-through background on <${element.localName}> is not measured.`);
    return ground(element.parentElement);
  };

  const found = [];
  let measured = 0;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    const element = node.parentElement;
    if (element === null || node.textContent?.trim() === "" || !element.checkVisibility()) continue;
    measured += 1;
    const ratio = contrast(parse(getComputedStyle(element).color), ground(element));
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)}: ${node.textContent?.slice(0, 60)}`);
  }
  if (measured === 0) found.push("no text was found to measure");
  for (const control of document.querySelectorAll(
    "input:not([type=hidden], [type=checkbox]), button, .button",
  )) {
    const style = getComputedStyle(control);
    const around = ground(control.parentElement);
    const ratio = Math.max(contrast(parse(style.borderTopColor), around), contrast(ground(control), around));
    if (ratio < 3) found.push(`${ratio.toFixed(2)}: the edge of <${control.localName}>`);
  }
  return found;
}

/** Fields without a label, ids that occur twice, and references to ids that are not there. */
export function unlabelled() {
  const found = [];
  for (const input of document.querySelectorAll("input:not([type=hidden], [hidden])")) {
    const said = [...(input.labels ?? [])].map((label) => label.textContent?.trim()).join("");
    if (said === "") found.push(`<input name="${input.name}"> has no label`);
  }
  for (const attribute of ["for", "aria-describedby", "aria-labelledby"]) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of (element.getAttribute(attribute) ?? "").split(" ")) {
        const count = document.querySelectorAll(`[id="${id}"]`).length;
        if (count !== 1) found.push(`${attribute}="${id}" finds ${count} elements`);
      }
    }
  }
  for (const control of document.querySelectorAll("button, a")) {
    if (control.textContent?.trim() === "") found.push(`<${control.localName}> says nothing`);
  }
  return found;
}

/** What has the focus: its element and its name, or "body". */
export function focused() {
  const element = document.activeElement;
  if (element === null || element === document.body) return "body";
  return `${element.localName} ${element.textContent || element.name || element.id}`;
}

/** The computed values of these properties of an element. */
export function styleOf(element, properties) {
  const style = getComputedStyle(element);
  return properties.map((property) => style.getPropertyValue(property));
}

export function styleOfFocused(properties) {
  const style = getComputedStyle(document.activeElement ?? document.body);
  return properties.map((property) => style.getPropertyValue(property));
}

/** Every value that this property has on the page. */
export function everyValueOf(property) {
  const values = [...document.querySelectorAll("*")].map((element) =>
    getComputedStyle(element).getPropertyValue(property),
  );
  return [...new Set(values)];
}

export function doubleTheText() {
  document.documentElement.style.setProperty("font-size", "200%");
}

/** Whether what lies over this element takes clicks: `visible` or `hidden`. */
export function paneOver(element) {
  return getComputedStyle(element, "::after").visibility;
}

/** Whether something has the focus, and is where the person looks. */
export function focusInView() {
  const { activeElement, body } = document;
  const top = activeElement?.getBoundingClientRect().top ?? -1;
  return activeElement !== body && top >= 0 && top < window.innerHeight;
}
