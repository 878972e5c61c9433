// What a person needs who does not see well, or not at all, looked up in the page itself. Evaluated in a frame, as it stands.
globalThis.askPage = {
  /** What is wrong with names, ids and headings; nothing when all is well. */
  unnamed() {
    const problems = []
    const textOf = (ids) => ids.split(" ").map((id) => document.getElementById(id)?.textContent ?? "")
    const labelOf = (node) => {
      const by = node.getAttribute("aria-labelledby")
      if (by !== null) return textOf(by).join(" ")
      const labels = [...(node.labels ?? [])].map((label) => label.textContent)
      const own = ["INPUT", "SELECT", "IFRAME", "DIALOG"].includes(node.tagName) ? "" : node.textContent
      return node.getAttribute("aria-label") ?? [...labels, own, node.title].join(" ")
    }
    const controls = "a[href], button, input, select, summary, iframe, dialog, [role=switch], [tabindex='0']"
    for (const node of document.querySelectorAll(controls)) {
      // A dialog that is closed, and one that is an alert, is named by what it says.
      if (node.tagName === "DIALOG" && !node.open) continue
      if (labelOf(node).trim() === "") problems.push(`no name: ${node.outerHTML.slice(0, 120)}`)
    }
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id)
    for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) problems.push(`id twice: ${id}`)
    if (document.querySelectorAll("h1").length !== 1) problems.push("not one h1")
    if (document.documentElement.lang === "") problems.push("no language")
    if (document.title === "") problems.push("no title")
    if (document.querySelector("main") === null) problems.push("no main")
    return problems
  },

  /**
   * Visible text whose contrast is below WCAG's 4.5 (3 for large text), each with its ratio. Colours are as computed, one
   * over the other; text that is hidden from assistive technology as decoration is left out.
   */
  faint() {
    const parse = (text) => {
      const [r = 0, g = 0, b = 0, a = 1] = (text.match(/[\d.]+/g) ?? []).map(Number)
      return [r, g, b, a]
    }
    const over = ([r, g, b, a], below) => [
      r * a + below[0] * (1 - a),
      g * a + below[1] * (1 - a),
      b * a + below[2] * (1 - a),
      1,
    ]
    const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4)
    const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    const isDark = matchMedia("(prefers-color-scheme: dark)").matches
    const groundOf = (node) =>
      node === null
        ? isDark
          ? [18, 18, 18, 1]
          : [255, 255, 255, 1]
        : over(parse(getComputedStyle(node).backgroundColor), groundOf(node.parentElement))
    const found = new Set()
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let text = walker.nextNode(); text !== null; text = walker.nextNode()) {
      const node = text.parentElement
      const words = text.textContent.trim()
      if (words === "" || !node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue
      if (node.closest(".unseen, .skip, .avatar, .spoiler, [disabled]") !== null) continue
      const style = getComputedStyle(node)
      const ground = groundOf(node)
      const [a, b] = [luminance(over(parse(style.color), ground)), luminance(ground)]
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
      const size = Number.parseFloat(style.fontSize)
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700)
      if (ratio < (isLarge ? 3 : 4.5)) found.add(`${ratio.toFixed(2)}: ${words.slice(0, 40)}`)
    }
    return [...found]
  },

  /** The element that the keyboard is on, by tag and name, and whether it shows that it is. Null where it is in no frame, or in another. */
  focused() {
    const node = document.activeElement
    if (node === null || node === document.body || node.tagName === "IFRAME" || !document.hasFocus()) return null
    const style = getComputedStyle(node)
    const form = node.closest("form")
    const by = document.getElementById(node.getAttribute("aria-labelledby") ?? "")
    return {
      tag: node.tagName,
      name: (node.getAttribute("aria-label") ?? (by ?? node.labels?.[0] ?? node).textContent).trim(),
      isShown:
        (style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2) ||
        (form !== null && getComputedStyle(form).boxShadow !== "none"),
    }
  },

  /** How wide the page is, and how wide it would like to be. */
  widths: () => [document.documentElement.clientWidth, document.documentElement.scrollWidth],

  ground: () => getComputedStyle(document.body).backgroundColor,
}
