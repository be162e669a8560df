import { ArrowUp } from 'lucide-preact';
import { plural } from '../ui/format.ts';
import { showWaiting, waiting } from './home.ts';
import './new-posts.css';

/** "12 new posts" under the header, while some wait. */
export function NewPosts() {
  const count = waiting.value.filter(entry => entry.value).length;
  return (
    <div class="new-posts" role="status">
      {count > 0 ? (
        <button
          type="button"
          onClick={() => {
            showWaiting();
            scrollTo({ top: 0, behavior: 'smooth' });
          }}
        >
          <ArrowUp size={16} />
          {plural(count, 'new post')}
        </button>
      ) : null}
    </div>
  );
}
