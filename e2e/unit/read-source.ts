import ts from 'typescript';

export interface ImportUse {
  readonly specifier: string;
  readonly line: number;
  /** Erased when compiled. */
  readonly isTypeOnly: boolean;
  /** Names taken as values; undefined where all may be (a namespace, a dynamic import, a re-export of everything). */
  readonly values: readonly string[] | undefined;
}

export interface GlobalUse {
  readonly name: string;
  readonly line: number;
  /** The line itself and the one above it, where a reason would stand. */
  readonly context: string;
}

export interface SourceFacts {
  readonly imports: readonly ImportUse[];
  /** Lines with a default export. */
  readonly defaultExports: readonly number[];
  /** Names used without being declared or imported in the file. */
  readonly globals: readonly GlobalUse[];
}

/** Reads what a source file imports, exports by default and takes from its surroundings. No types are computed. */
export function readSource(path: string, text: string): SourceFacts {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const lines = text.split('\n');
  const imports: ImportUse[] = [];
  const defaultExports: number[] = [];
  const declared = new Set<string>();
  const used: { name: string; line: number }[] = [];
  const lineOf = (node: ts.Node): number =>
    source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;

  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      imports.push({
        ...importUse(node),
        specifier: node.moduleSpecifier.text,
        line: lineOf(node),
      });
    } else if (
      ts.isExportDeclaration(node) &&
      node.moduleSpecifier !== undefined &&
      ts.isStringLiteral(node.moduleSpecifier)
    ) {
      imports.push({
        ...exportUse(node),
        specifier: node.moduleSpecifier.text,
        line: lineOf(node),
      });
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      const { literal } = node.argument;
      if (ts.isStringLiteral(literal)) {
        imports.push({ specifier: literal.text, line: lineOf(node), isTypeOnly: true, values: [] });
      }
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments;
      if (argument !== undefined && ts.isStringLiteralLike(argument)) {
        const specifier = argument.text;
        imports.push({ specifier, line: lineOf(node), isTypeOnly: false, values: undefined });
      }
    }
    if (isDefaultExport(node)) defaultExports.push(lineOf(node));
    if (ts.isIdentifier(node)) {
      if (isDeclarationName(node)) declared.add(node.text);
      else if (!isMemberName(node)) used.push({ name: node.text, line: lineOf(node) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);

  const globals = used
    .filter(({ name }) => !declared.has(name))
    .map(({ name, line }) => ({
      name,
      line,
      context: lines.slice(Math.max(0, line - 2), line).join('\n'),
    }));
  return { imports, defaultExports, globals };
}

function importUse(node: ts.ImportDeclaration): Pick<ImportUse, 'isTypeOnly' | 'values'> {
  const clause = node.importClause;
  if (clause === undefined) return { isTypeOnly: false, values: [] };
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return { isTypeOnly: true, values: [] };
  const { namedBindings } = clause;
  if (
    clause.name !== undefined ||
    namedBindings === undefined ||
    ts.isNamespaceImport(namedBindings)
  ) {
    return { isTypeOnly: false, values: undefined };
  }
  return named(namedBindings.elements);
}

function exportUse(node: ts.ExportDeclaration): Pick<ImportUse, 'isTypeOnly' | 'values'> {
  if (node.isTypeOnly) return { isTypeOnly: true, values: [] };
  const { exportClause } = node;
  if (exportClause === undefined || ts.isNamespaceExport(exportClause)) {
    return { isTypeOnly: false, values: undefined };
  }
  return named(exportClause.elements);
}

function named(
  elements: readonly (ts.ImportSpecifier | ts.ExportSpecifier)[],
): Pick<ImportUse, 'isTypeOnly' | 'values'> {
  const values = elements
    .filter((element) => !element.isTypeOnly)
    .map((element) => (element.propertyName ?? element.name).text);
  return { isTypeOnly: elements.length > 0 && values.length === 0, values };
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (ts.isExportSpecifier(node)) return node.name.text === 'default';
  return (
    ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)
  );
}

function isDeclarationName(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isVariableDeclaration(parent) ||
      ts.isParameter(parent) ||
      ts.isBindingElement(parent) ||
      ts.isFunctionDeclaration(parent) ||
      ts.isFunctionExpression(parent) ||
      ts.isClassDeclaration(parent) ||
      ts.isInterfaceDeclaration(parent) ||
      ts.isTypeAliasDeclaration(parent) ||
      ts.isTypeParameterDeclaration(parent) ||
      ts.isEnumDeclaration(parent) ||
      ts.isImportSpecifier(parent) ||
      ts.isImportClause(parent) ||
      ts.isNamespaceImport(parent)) &&
    parent.name === node
  );
}

/** `location` in `place.location` or `{ location: 1 }` is somebody's own. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node && !isGlobalThis(parent);
  if (ts.isQualifiedName(parent)) return parent.right === node;
  if (ts.isBindingElement(parent)) return parent.propertyName === node;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return true;
  return (
    (ts.isPropertyAssignment(parent) ||
      ts.isPropertySignature(parent) ||
      ts.isPropertyDeclaration(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isMethodSignature(parent) ||
      ts.isGetAccessor(parent) ||
      ts.isSetAccessor(parent) ||
      ts.isEnumMember(parent) ||
      ts.isJsxAttribute(parent)) &&
    parent.name === node
  );
}

function isGlobalThis(node: ts.PropertyAccessExpression): boolean {
  return ts.isIdentifier(node.expression) && node.expression.text === 'globalThis';
}
