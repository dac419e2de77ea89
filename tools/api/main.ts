/**
 * Writes the API documentation of the public modules into tools/api/dist, of their docstrings and types. Prints what is wrong
 * with it, above all exports without a docstring and types in them that cannot be imported, and then exits 1; with `--check` it
 * does nothing else.
 */
import { fileURLToPath } from "node:url"
import * as TypeDoc from "typedoc"
import * as PublicModules from "../../scripts/PublicModules.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
const modules = PublicModules.libraries.flatMap(PublicModules.of)

/** What public types are made of, and is not public itself, as nobody outside has a use for its name. */
const inner: Readonly<Record<PublicModules.Library, ReadonlyArray<string>>> = {
  protocol: [],
  core: [
    // By which the types of settings are computed.
    "Forms",
    "Located",
    "Schemas",
    "Table",
    "Value",
    "inherited",
    "supervision",
    "words",
    // What schemas of settings read.
    "ExitCodes",
    // What is between the parts of a supervisor: premises, boards and scripted systems of one's own are not foreseen.
    "Follow",
    "History",
    "HistoryStore",
    "LedgerStore",
    "ScriptedSystem",
    "StatusFileTarget",
    "Trouble"
  ]
}

const app = await TypeDoc.Application.bootstrap({
  name: "clinit",
  entryPoints: modules.map(({ source }) => root + source),
  tsconfig: `${root}tools/api/tsconfig.json`,
  basePath: root,
  readme: `${root}packages/core/README.md`,
  out: `${root}tools/api/dist`,
  // What a class has of Effect is documented there.
  excludeExternals: true,
  excludePrivate: true,
  disableSources: true,
  validation: { notDocumented: false, notExported: true, invalidLink: true }
})

/** Modules are called as they are imported. */
app.converter.on(TypeDoc.Converter.EVENT_RESOLVE_BEGIN, ({ project }: TypeDoc.Context) => {
  for (const module of project.getReflectionsByKind(TypeDoc.ReflectionKind.Module)) {
    const source = modules.find(({ source }) => source === `${module.name}.ts`)
    if (source !== undefined) module.name = source.name
  }
})

/** What a module exports and no docstring describes. A schema and the type of its values are one thing with one name. */
const undocumented = (module: TypeDoc.DeclarationReflection): ReadonlyArray<string> => {
  const exported = Map.groupBy(module.children ?? [], ({ name }) => name)
  return Array.from(exported).flatMap(([name, reflections]) =>
    reflections.some((each) =>
        each.kindOf(TypeDoc.ReflectionKind.Reference) || each.hasComment() ||
        each.signatures?.some((signature) => signature.hasComment())
      )
      ? []
      : [name]
  )
}

const project = await app.convert()
if (project === undefined) process.exit(1)
// Only of the package that the project is called by is looked whether what is used is exported.
for (const library of PublicModules.libraries) {
  project.packageName = `@clinit/${library}`
  app.options.setValue("intentionallyNotExported", inner[library])
  app.validate(project)
}
for (const module of project.getReflectionsByKind(TypeDoc.ReflectionKind.Module)) {
  for (const name of undocumented(module as TypeDoc.DeclarationReflection)) {
    app.logger.error(`${module.name} exports ${name} without a docstring` as TypeDoc.TranslatedString)
  }
}
if (!process.argv.includes("--check")) await app.generateOutputs(project)
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1
