// Reads the words of earlier editions: [earlier_words], [[earlier_word]].
#include "schema/policy/reading.hpp"

namespace satchel::schema::declaration {

void read_earlier_words(Reading& file, Bundle& bundle)
{
    file.table("earlier_words", [&](Reading& in) {
        auto& out = bundle.earlier_words;
        if (out.at.line != 0)
            in.context().problems.add(in.at(), "[earlier_words] is declared in another file already");
        out.at = in.at();
        out.keep = in.needed("keep");
        out.written = in.needed("written");
        out.present = in.word("present");
        out.stood_in = in.word("stood_in");
        out.stood_as = in.word("stood_as");
        out.refs = in.words("refs");
    });
    file.each("earlier_word", [&](Reading& in) {
        EarlierWord out;
        out.at = in.at();
        out.in = in.words("in");
        out.words = in.words("words");
        out.means = in.needed("means");
        out.keep = read_pairs(in, "keep");
        out.refs = in.words("refs");
        bundle.earlier_word.push_back(std::move(out));
    });
}

}  // namespace satchel::schema::declaration
