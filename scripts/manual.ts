/** Makes the manual pages in packages/cli/man: of the command definitions, and of what docs/ says. */
import { builtIns } from "@clinit/cli/BuiltIns"
import { clinit } from "@clinit/cli/Clinit"
import * as Platform from "@clinit/cli/Platform"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import type * as HelpDoc from "effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type {
  BlockContent,
  Heading,
  List,
  ListItem,
  Paragraph,
  PhrasingContent,
  Root,
  RootContent,
  Table
} from "mdast"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import remarkGfm from "remark-gfm"
import remarkMan from "remark-man"
import remarkParse from "remark-parse"
import { unified } from "unified"

const root = new URL("../", import.meta.url)
const out = new URL("packages/cli/man/", root)
const { version } = JSON.parse(readFileSync(new URL("packages/cli/package.json", root), "utf8")) as {
  version: string
}

const parse = (file: string): Root =>
  unified().use(remarkParse).use(remarkGfm).parse(readFileSync(new URL(file, root), "utf8"))

/** The help that `clinit COMMAND --help` prints, before it is made text. */
const helpOf = async (path: ReadonlyArray<string>): Promise<HelpDoc.HelpDoc> => {
  let help: HelpDoc.HelpDoc | undefined
  const presenter = CliOutput.layerPresenter({
    present: (event) =>
      Effect.sync(() => {
        if (event._tag === "Help") help = event.helpDoc
      })
  })
  await Effect.runPromise(
    Command.runWith(clinit, { version })([...path, "--help"]).pipe(
      Effect.provide(Layer.mergeAll(Platform.layer, presenter, CliConfig.layer({ builtIns })))
    ) as Effect.Effect<void>
  )
  if (help === undefined) throw new Error(`clinit ${path.join(" ")} has no help`)
  return help
}

const text = (value: string): PhrasingContent => ({ type: "text", value })
const strong = (value: string): PhrasingContent => ({ type: "strong", children: [text(value)] })
const emphasis = (value: string): PhrasingContent => ({ type: "emphasis", children: [text(value)] })
const paragraph = (...children: Array<PhrasingContent>): Paragraph => ({ type: "paragraph", children })
const heading = (depth: 2 | 3, value: string): Heading => ({
  type: "heading",
  depth,
  children: [text(value)]
})
const list = (items: ReadonlyArray<Paragraph>): List => ({
  type: "list",
  ordered: false,
  spread: false,
  children: items.map((item): ListItem => ({ type: "listItem", spread: false, children: [item] }))
})

const sentence = (description: Option.Option<string>) => text(`: ${Option.getOrElse(description, () => "")}`)

const flag = ({ aliases, description, name, type }: HelpDoc.FlagDoc): Paragraph =>
  paragraph(
    ...aliases.flatMap((alias) => [strong(alias), text(", ")]),
    strong(`--${name}`),
    ...(type === "boolean" ? [] : [text(" "), emphasis(type === "string" ? name : type)]),
    sentence(description)
  )

const argument = ({ description, name, variadic }: HelpDoc.ArgDoc): Paragraph =>
  paragraph(emphasis(variadic && !name.includes(" ") ? `${name} ...` : name), sentence(description))

/** Commands that are listed, by the headings of `clinit --help`. */
const commandsOf = (help: HelpDoc.HelpDoc) =>
  (help.subcommands ?? []).flatMap(({ commands }) => commands.map(({ name }) => name))

const listed = (help: HelpDoc.HelpDoc): ReadonlyArray<Paragraph> => [
  ...(help.args ?? []).map(argument),
  ...help.flags.map(flag)
]

const command = (name: string, help: HelpDoc.HelpDoc): ReadonlyArray<BlockContent | Heading> => [
  heading(3, `clinit ${name}`),
  paragraph(text(`${help.description}.`)),
  paragraph(
    strong("clinit"),
    text(help.usage.replace(/^clinit/, "").replace(" [flags]", help.flags.length > 0 ? " [flags]" : ""))
  ),
  ...(listed(help).length > 0 ? [list(listed(help))] : [])
]

/** What stands in the place of each comment `<!-- name -->`. */
const fill = (page: Root, parts: Readonly<Record<string, ReadonlyArray<RootContent>>>): Root => ({
  ...page,
  children: page.children.flatMap((node) => {
    const name = node.type === "html" ? /^<!-- (\S+) -->$/.exec(node.value)?.[1] : undefined
    if (name === undefined) return [node]
    const part = parts[name]
    if (part === undefined) throw new Error(`a page wants ${name}, which is not known`)
    return [...part]
  })
})

interface Anything {
  readonly type: string
  readonly value?: string
  readonly url?: string
  readonly children?: ReadonlyArray<Anything>
}

/**
 * Links within the repository lead nowhere from a manual page: their text stays, but for those in parentheses that say where
 * something was decided.
 */
const withoutLinks = (node: Anything): Anything => {
  const { children } = node
  if (children === undefined) return node
  const isAside = (child: Anything | undefined) =>
    child?.type === "link" && child.url?.startsWith("decisions/") === true
  const trimmed = children.map((child, index): Anything => {
    let { value } = child
    if (isAside(children[index + 1])) value = value?.replace(/ \($/, "")
    if (isAside(children[index - 1])) value = value?.replace(/^\)/, "")
    return value === undefined ? child : { ...child, value }
  })
  return {
    ...node,
    children: trimmed.filter((child) => !isAside(child)).map(withoutLinks).flatMap((child) =>
      child.type === "link" && !/^https?:/.test(child.url ?? "") ? child.children ?? [] : [child]
    )
  }
}

/** A table as a list: what terminals are wide enough for is hard to say beforehand. */
const listOf = ({ children: [head, ...rows] }: Table): List =>
  list(rows.map(({ children: [first, ...others] }) =>
    paragraph(
      ...(first?.children ?? []),
      ...others.flatMap(({ children }, index) => [
        text(index === 0 ? ": " : "; "),
        ...(head?.children[index + 1]?.children ?? []),
        text(" "),
        ...children
      ])
    )
  ))

/** Some macros that say nothing are taken out, and the date is a day: other readers of such pages want both so. */
const tidy = (roff: string, date: Date): string =>
  roff.replace(/^(\.S[HS] .*\n)\.P\n/gm, "$1").replace(
    /^(\.TH "[^"]*" "\d") "[^"]*"/m,
    `$1 "${date.toISOString().slice(0, 10)}"`
  )

const write = async (name: string, page: Root): Promise<void> => {
  const seconds = process.env["SOURCE_DATE_EPOCH"]
  const date = seconds === undefined ? new Date() : new Date(Number(seconds) * 1_000)
  const processor = unified().use(remarkGfm).use(remarkMan, {
    manual: "clinit",
    version: `clinit ${version}`,
    date
  })
  const tree = withoutLinks({
    ...page,
    children: page.children.map((node) => node.type === "table" ? listOf(node) : node)
  } as Anything) as Root
  writeFileSync(new URL(name, out), tidy(`${processor.stringify((await processor.run(tree)) as Root)}`, date))
}

const help = await helpOf([])
const names = commandsOf(help)
const helps = await Promise.all(names.map(async (name) => [name, await helpOf([name])] as const))
/** Flags that go for every command. */
const shared = helps[0]?.[1].inheritedFlags ?? []
const isShared = ({ name }: HelpDoc.FlagDoc) => shared.some((each) => each.name === name)

rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
await write(
  "clinit.1",
  fill(parse("docs/clinit.1.md"), {
    synopsis: [
      paragraph(strong("clinit"), text(" [flags] [[group] level]")),
      ...helps.map(([, { usage }]) => paragraph(strong("clinit"), text(usage.replace(/^clinit/, ""))))
    ],
    options: [list([...shared, ...(help.globalFlags ?? [])].map(flag))],
    commands: [
      heading(3, "clinit [[group] level]"),
      list(listed({ ...help, flags: help.flags.filter((each) => !isShared(each)) })),
      ...helps.flatMap(([name, doc]) => command(name, doc))
    ]
  })
)
// The document's title and first paragraph are for readers of the repository.
await write(
  "cltab.5",
  fill(parse("docs/cltab.5.md"), { "cltab.md": parse("docs/cltab.md").children.slice(2) })
)
