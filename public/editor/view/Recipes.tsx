import { useEffect, useMemo } from 'react';
import { cards } from '../model/card.ts';
import { roughPlaces } from '../model/layout.ts';
import { drawnGraph, findRecipes, type Recipe, recipePicture } from '../model/recipe.ts';
import { Button } from './Button.tsx';
import { carrying, insertRecipe } from './dropping.ts';
import { EditorIcon } from './EditorIcon.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

/** The recipes that match the search words. */
export function Recipes({ wanted }: { wanted: string }) {
  const editor = useEditor();
  const recipes = useEditorState(state => state.recipes);
  const found = findRecipes(recipes, wanted);
  // A file may have been added since the panel was last open.
  useEffect(() => void editor.learnRecipes(), [editor]);
  if (found.length === 0) return null;
  return (
    <section aria-label="Recipes">
      <h3>Recipes</h3>
      <ul className="recipes">
        {found.map(recipe => (
          <RecipeEntry key={recipe.name} recipe={recipe} />
        ))}
      </ul>
    </section>
  );
}

function RecipeEntry({ recipe }: { recipe: Recipe }) {
  const editor = useEditor();
  const { title, about, locked } = recipe;
  return (
    <li>
      <Button
        draggable={!locked}
        {...carrying(editor, { recipe })}
        aria-disabled={locked !== ''}
        onClick={() =>
          locked ? editor.notify(`${title} can't be inserted: ${locked}`, 'bad') : void insertRecipe(editor, recipe)
        }
      >
        <span>
          <strong>{title}</strong>
          <small>{locked || about}</small>
          {!locked && <RecipePicture recipe={recipe} />}
        </span>
        {locked && <EditorIcon name="lock" />}
      </Button>
    </li>
  );
}

/** Scale of a recipe's drawing, relative to the canvas. */
const SCALE = 0.32;

/** Drawing of a recipe's nodes and their neighbours. */
function RecipePicture({ recipe }: { recipe: Recipe }) {
  const graph = useMemo(() => drawnGraph(recipe), [recipe]);
  const components = useEditorState(state => state.components);
  // Rough positions suffice for a few nodes; elk is large, and the library has many recipes.
  const { width, height, boxes, wires } = useMemo(
    () => recipePicture(graph, components, roughPlaces(graph, cards(graph, components))),
    [graph, components],
  );
  return (
    <svg className="sketch" width={width * SCALE} viewBox={`-4 -4 ${width + 8} ${height + 8}`} aria-hidden="true">
      {wires.map(({ key, path }) => (
        <path key={key} d={path} />
      ))}
      {boxes.map(({ name, own, at, width, height }) => (
        <g key={name} data-own={own}>
          <rect {...at} width={width} height={height} rx="14" />
          <text x={at.x + width / 2} y={at.y + height / 2} textAnchor="middle" dominantBaseline="central">
            {name}
          </text>
        </g>
      ))}
    </svg>
  );
}
