// Sentences and notes. Declared in words.hpp. They are plain fiction in the manner of case notes.
#include <algorithm>
#include <array>
#include <span>

#include "tools/caseload/figures.hpp"
#include "tools/caseload/words.hpp"

namespace satchel::tools::caseload {
namespace {

using Lines = std::span<const char* const>;

constexpr std::array office_contact{
    "Attended on time and engaged well throughout the appointment.",
    "Attended twenty minutes late; says the bus from Nullham did not run.",
    "Did not attend. Telephoned; no reply. Letter sent.",
    "Talked through the exercises on warning signs; he could name four of his own.",
    "Reports no new relationships and no contact with children.",
    "Asked about work: has applied for two warehouse posts and waits to hear.",
    "Low in mood this week. Says he sleeps badly since the neighbour’s building work began.",
    "Licence conditions read through again; signed that he understands them.",
    "Says he has stopped drinking; smelled of alcohol. Discussed, he disagrees.",
    "Benefit payment delayed; helped to ring the job centre from the office.",
    "Confirmed the telephone he has is the one we know of. No other device seen or declared.",
    "Next appointment agreed. Text reminder set."};
constexpr std::array home_visit{
    "Visited at the recorded address. Tidy, heated, food in the cupboard.",
    "No reply at the door although the radio could be heard. Card left.",
    "Bedroom, bathroom and loft space seen. Nothing of concern.",
    "A second toothbrush and a woman’s coat in the hall; says a cousin stayed one night.",
    "A games console was on the table that has not been declared. Says it belongs to a friend.",
    "Neighbour spoke to us on the stairs and said there has been shouting at night.",
    "Curtains drawn in the middle of the day; slow to answer the door.",
    "Children’s toys in the yard. Says they belong to the flat above. To be checked.",
    "Calm visit. He showed the certificates from the course.",
    "Dog in the kitchen, friendly; officers should still ring ahead."};
constexpr std::array household{
    "Lives alone.", "Lives with a lodger who works nights.", "Lives with his mother, who is eighty-one.",
    "Lives with a new partner and her brother.", "Hostel room of his own; staff on site at all hours.",
    "Shares with two other tenants; both known to the housing provider."};
constexpr std::array incident{
    "Called by a neighbour to a disturbance; both parties spoken to separately; no offences disclosed.",
    "Officers attended a report of shouting. The other person present declined to make a statement.",
    "Seen near the primary school at the end of the day; says he was walking to the shop.",
    "Stopped in a car as a passenger; the driver was somebody not known to us.",
    "Reported by a shop worker for following a customer. Camera footage asked for.",
    "Arrested on suspicion of a public-order matter and released under investigation.",
    "Welfare check after a call from his sister. Safe and well.",
    "Domestic call-out: raised voices, an upturned chair, no injury seen. Risk form sent."};
constexpr std::array intelligence{
    "He is said to have been given a second telephone by an associate.",
    "He is said to be spending week-ends at an address that has not been declared.",
    "Said to be asking others about work at a leisure centre.",
    "An associate is reported to be borrowing money from him under threat.",
    "Reported to have opened an account on a messaging service under another name.",
    "Said to have spoken with anger about a former partner."};
constexpr std::array call{
    "Asked the other person to pass on a message to somebody he may not contact.",
    "Spoke about plans for after release; nothing of concern.",
    "Raised voice when told that a visit would not take place.",
    "Talked of “the little one” several times; the relationship is not clear.",
    "Asked for money to be sent to another prisoner’s account.",
    "Short call about the weather and the football.",
    "Threatened to come round on the day he is out."};
constexpr std::array prison{
    "Works in the laundry; reports from staff are good.",
    "Two negative entries this month, both about being late for work.",
    "Completed the thinking-skills course and spoke well at the final session.",
    "Adjudication for an unauthorised article; found guilty; seven days’ loss of canteen.",
    "Has asked to move wing, saying that he is under threat; security informed.",
    "Receives few visits. Writes weekly to an aunt.",
    "Engages with his offender manager; level of denial unchanged."};
constexpr std::array plan{
    "Fortnightly appointments, one in two at home and unannounced.",
    "Joint visit with police every three months.",
    "No work or volunteering that brings contact with children; employer to be told before a start.",
    "Devices to be declared and open to inspection.",
    "Alcohol to be tested when there is reason to; refusal is to be treated as a warning sign.",
    "If he misses one appointment, telephone the same day; if two, discuss enforcement.",
    "Keep a marker on the address. Ring the police offender manager before attending alone.",
    "If he leaves the hostel without notice, tell police at once and consider recall."};
constexpr std::array level_1{
    "Information sharing and contact between the agencies is good and the plan works at Level 1.",
    "Ordinary management by the lead agency is enough; police agree.",
    "No unmet action is left, and the last two reviews show that the plan holds.",
    "The risk is known, and those who manage it talk to each other without a meeting.",
    "Considered Level 2; nothing would be gained that is not already being done."};
constexpr std::array level_2_or_3{
    "Several agencies must act together and senior oversight is needed for the housing question.",
    "The plan needs active help from housing and mental health, which a meeting can secure.",
    "Media interest and the cost of the plan call for senior people who can commit resources.",
    "The last plan failed because two agencies waited for each other."};
constexpr std::array disclosure{
    "The partner has a child and is not aware of the convictions.",
    "The employer runs a service for young people.",
    "The landlord’s daughter collects the rent.",
    "He was asked to tell them himself and has agreed to, with his officer present.",
    "Telling fewer people would leave the child unprotected; telling more is not needed."};
constexpr std::array condition{
    "Checked against the record of appointments.", "Signed in at the hostel each night.", "Device shown on request.",
    "Seen inside the area on the camera footage.", "Could not be checked today.", "Employer confirms."};
constexpr std::array risk{
    "The pattern of the earlier offences: a new relationship, then control, then violence.",
    "Loss of the tenancy, or drinking again, would bring the risk forward.",
    "Harm would be serious and psychological, to a child known to him.",
    "Not imminent while he lives in supervised accommodation.",
    "Risk to staff is low; two officers on visits after the incident in the spring."};

// Welsh, Polish, Arabic, Chinese, Japanese, Hindi; combining marks; right-to-left beside left-to-right; emoji with
// joiners, modifiers and flags.
constexpr std::array other_scripts{
    "Dywedodd mewn Cymraeg: “Mae popeth yn iawn yma, ŵyr neb ddim byd.”",
    "Siaradodd Gymraeg drwy gydol yr ymweliad; ysgrifennwyd y nodyn yn Saesneg wedyn.",
    "Powiedział po polsku: „Źle śpię, ale chodzę na spotkania, żółta kartka leży na półce.”",
    "قال عبر المترجم: لا توجد مشكلة هذا الأسبوع. Interpreter’s reference 12-ب.",
    "他说：“这个星期没有问题。” 通訳者が同席した。",
    "दुभाषिए ने पुष्टि की कि उसने शर्तें समझ ली हैं।",
    "His name is spelled Ze\xcc\x81" "bre on one letter and Zébre on the other; same person.",
    "Vie\xcc\xa3\xcc\x82t-style marks on the envelope: a\xcc\x8a n\xcc\x83 o\xcc\xa7\xcc\x88.",
    "Text message shown to us: “ok 👍🏽 see u thurs 🙂‍↔️ 👨‍👩‍👧 🏴󠁧󠁢󠁷󠁬󠁳󠁿”",
    "He drew a 🐢 on the form and laughed."};

Lines lines_of(Subject subject)
{
    switch (subject) {
    case Subject::office_contact:
        return office_contact;
    case Subject::home_visit:
        return home_visit;
    case Subject::household:
        return household;
    case Subject::incident:
        return incident;
    case Subject::intelligence:
        return intelligence;
    case Subject::call:
        return call;
    case Subject::prison:
        return prison;
    case Subject::plan:
        return plan;
    case Subject::level_1:
        return level_1;
    case Subject::level_2_or_3:
        return level_2_or_3;
    case Subject::disclosure:
        return disclosure;
    case Subject::condition:
        return condition;
    case Subject::risk:
        return risk;
    }
    return office_contact;
}

constexpr std::size_t long_note_bytes = 8 * 1024;

}  // namespace

std::string sentence(Subject subject, Dice& dice)
{
    const auto lines = lines_of(subject);
    return lines[dice.below(static_cast<std::uint32_t>(lines.size()))];
}

std::string note(Subject subject, Dice& dice)
{
    // Sentences one after the other from somewhere in the list, so that a short note does not repeat itself.
    const auto lines = lines_of(subject);
    auto at = dice.below(static_cast<std::uint32_t>(lines.size()));
    std::string out = lines[at];
    const bool is_long = dice.chance(figures::long_note);
    if (is_long) {
        const auto wanted = static_cast<std::size_t>(dice.between(2 * 1024, static_cast<int>(long_note_bytes) - 300));
        while (out.size() < wanted) {
            out += dice.chance(250) ? "\n\n" : " ";
            out += sentence(dice.chance(700) ? subject : Subject::risk, dice);
        }
    } else {
        for (int more = std::min(dice.between(0, 4), static_cast<int>(lines.size()) - 1); more > 0; --more)
            out += std::string(" ") + lines[++at % lines.size()];
    }
    if (dice.chance(figures::other_script))
        out += std::string("\n") + dice.pick(other_scripts);
    return out;
}

}  // namespace satchel::tools::caseload
