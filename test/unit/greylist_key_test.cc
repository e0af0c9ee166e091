// SPDX-License-Identifier: BSD-2-Clause
#include "policies/greylist_key.h"

#include <cppunit/extensions/HelperMacros.h>

#include <random>
#include <string>

#include "core/idna.h"

using namespace mailreeve;

namespace {

// What a system writes as the sender of two messages to one recipient, in the forms seen
// in the wild, and senders of two people or organizations.
struct Form {
  const char* form;
  const char* first;
  const char* next;
  bool one;  // key
};
const Form kForms[] = {
    {"Amazon SES", "01020a4c123b1612-dd272d13-71c1-7149-d439-536b3216fdae-000000@eu-west-1.amazonses.com",
     "01020eb975729fae-923d5a4f-d12a-abfe-228f-219e9cb0eb53-000000@eu-west-1.amazonses.com", true},
    {"Amazon SES, the customer's MAIL FROM",
     "01000f16947ccf25-ec84d8db-c742-5477-0f58-904dba41eccc-000000@bounce.shop.example",
     "01000c3fc1626e53-a13043b0-26c4-8bbf-33fe-ff9243a8f506-000000@bounce.shop.example", true},
    {"SendGrid", "bounces+1234567-b409-bob=example.net@em4711.shop.example",
     "bounces+1234567-28b5-bob=example.net@em4711.shop.example", true},
    {"Mailgun", "bounce+b7a767.c76fb0-bob=example.net@mg.shop.example",
     "bounce+08f86b.ebb273-bob=example.net@mg.shop.example", true},
    {"Mandrill", "bounce-md_30123456.7f6a6f0f.v1-b23c6f5da2cec255404e4fb440034d66@mandrillapp.com",
     "bounce-md_30123456.08697a8d.v1-41bed440e50454f31af3176813e02ea6@mandrillapp.com", true},
    {"Mailchimp", "bounce-mc.us12_47887838.4837261-cea27d2693@mail252.suw15.mcsv.net",
     "bounce-mc.us12_42731672.3268656-6ba2b0aee0@mail658.suw15.mcsv.net", true},
    {"SparkPost", "msprvs1=94811DnkHIfxIq=bounces-244010-22@sparkpostmail.com",
     "msprvs1=64628_PlJhx2jI=bounces-244010-22@sparkpostmail.com", true},
    {"HubSpot", "115g5e4g7t0lzqh82xf7ag3bcjjxdiswbhm1g-bob=example.net@bf00x.hubspotemail.net",
     "101wzcwufs6rvypwjdelc8pm3804gra35owif-bob=example.net@bf04x.hubspotemail.net", true},
    {"Salesforce",
     "info=shop.example__0-2tbahs0gnlzkf2.jdmb0lo5uhwcfw05@g59p2p1jje5x9okv.9i92wrw.8d-8xw1e5128.um8.bnc."
     "salesforce.com",
     "info=shop.example__0-n6osz31yfvg0t4.wy5x4ug4gfdetvo4@ui2c49lgj80u3vh6.dvixitt.8d-t7zcj5u1i.um8.bnc."
     "salesforce.com",
     true},
    {"Marketing Cloud", "bounce-7187_HTML-46331912-845298-1000415-1@bounce.s7.exacttarget.com",
     "bounce-3776_HTML-02077642-656515-1000055-1@bounce.s7.exacttarget.com", true},
    {"Constant Contact",
     "AYpzbLGViYXjU2JgJngKtF==_1146853560688_Akg05rK+gqv81RKMGHZEM9==@in.constantcontact.com",
     "AYpvujA/C5Q52ryFlwRlOE==_1154930666836_IRh/JUqBlIFXZ53Ncqe28+==@in.constantcontact.com", true},
    {"Constant Contact, older", "ESC1101687731322_1181718002390_4248@in.constantcontact.com",
     "ESC1161114893643_1190084745378_3830@in.constantcontact.com", true},
    {"Marketo", "123-ABC-456.0.64003.0.0.7614.9.3653705-0@em-sj-77.mktomail.com",
     "123-ABC-456.0.65630.0.0.4813.9.7343373-0@em-sj-77.mktomail.com", true},
    {"Mailjet", "893f57fd.hsYgBds1ghxY5OokvQyx_7eNWVQ4vnakJkS1pAWTN3lg8zV5y@a1234567.bnc3.mailjet.com",
     "abf0d7c1.We7ihGyiRUIQfHOJMaid_Dn87XG3_q_xbMtEPO6UkzYuF0ie9@a1234567.bnc3.mailjet.com", true},
    {"Brevo", "bounces-885261149-bob=example.net@cg.d.sender-sib.com",
     "bounces-167723267-bob=example.net@tv.d.sender-sib.com", true},
    {"Postmark", "pm_bounces+739988b8-86e7-5774-96a2-c8773e130f7e@pm-bounces.shop.example",
     "pm_bounces+b1973166-2b5e-803b-61ba-4168160adb59@pm-bounces.shop.example", true},
    {"Campaign Monitor", "shop-hjduyuhthtyiyh-r@cmail19.com", "shop-itktkktdklttdl-r@cmail19.com", true},
    {"Silverpop", "v-gmmganf_jccjmhk_ddbbldn_a@bounce.shop.example",
     "v-mclfelj_dldccjk_fgdbkhb_a@bounce.shop.example", true},
    {"Sailthru", "delivery_20261127083455.96192396.9372@mx.sailthru.com",
     "delivery_20261127083455.93068265.1233@mx.sailthru.com", true},
    {"Cheetah", "bo-b2z2k7otzjqjfronswsb10vtfstbup@b.shop.example",
     "bo-b648mrn5sww2285kw53wo8147c8via@b.shop.example", true},
    {"ActiveCampaign", "bounce-31594-259-4724-bob=example.net@s6.acems1.com",
     "bounce-87394-983-5503-bob=example.net@s6.acems1.com", true},
    {"Zoho", "mailer.5c58ac5831.be38cb8cb.4ba2e751@bounce-zem.shop.example",
     "mailer.989a01749d.db14f7101.0b93b7d9@bounce-zem.shop.example", true},
    {"Zendesk", "support+id8DNUA8-0F9S@shop.zendesk.com", "support+id649HPG-03ZM@shop.zendesk.com", true},
    {"Atlassian", "01000ef750110c57-513064d6-d592-91f0-cde2-e5738713a818-000000@mail-us.atlassian.net",
     "01000d8962058765-a6ca7cff-00d7-96c2-5410-335b40014121-000000@mail-us.atlassian.net", true},
    {"GitHub", "bounces+848413-2b62-bob=example.net@sgmail.github.com",
     "bounces+848413-c376-bob=example.net@sgmail.github.com", true},
    {"Google Groups", "list+bncBNHCCFS6GIGNSUV3QBWQSDXU6RBSB2B3GW6@googlegroups.com",
     "list+bncBDNFSK3AMSDAW7G7L7WQKSNO7RBKHF7GUWG@googlegroups.com", true},
    {"Google, calendar and alerts", "3ZYl2dVAMH2vWD6qeSPt5Pv74.wyishekouw@calendar-server.bounces.google.com",
     "3EyIMttFPSuEPyHnvnzXtsMM3.igdudigmob@calendar-server.bounces.google.com", true},
    {"LinkedIn", "m-bZ3CL7csGZaF31DDxp63OHm1FZuG296c0xPbX-neGBuzSm6A8cVR06AxYpTh@bounce.linkedin.com",
     "m-GJWZhbj11THnCMZCY7Bvqiy8CsT07Lq8TDIWG2x9aJTFMP9-2kUtMXhkPrSb@bounce.linkedin.com", true},
    {"Twitter", "n0062983475-eb46c5296f62e338-bob==example.net@bounce.twitter.com",
     "n0d74ff1fe4-f7f505aef9ebdd25-bob==example.net@bounce.twitter.com", true},
    {"Facebook", "notification+xbbcvg645jcn@facebookmail.com", "notification+0ivgxv479ns1@facebookmail.com",
     true},
    {"a large shop", "20261128ad8199bfca8b6f3a6a9421cc1c93016f908p0eu@bounces.shop.example",
     "20261128c4261e5351d30b49895d1a0d1f13dce2069p0eu@bounces.shop.example", true},
    {"groups.io", "bounce+92768+117320+6001131@groups.io", "bounce+27049+372052+1487740@groups.io", true},
    {"ezmlm", "list-return-0000-bob=example.net@lists.example",
     "list-return-9164-bob=example.net@lists.example", true},
    {"ezmlm, a warning", "list-return-warn-1749279055.opfedlfnpmoikjibkaej-bob=example.net@lists.example",
     "list-return-warn-1796366693.ojakiinfbjeeiplcpmgh-bob=example.net@lists.example", true},
    {"Sympa", "bounce+490==bob==a==example.net==list@lists.example",
     "bounce+673==bob==a==example.net==list@lists.example", true},
    {"Mailman, VERP", "list-bounces+bob=example.net@lists.example",
     "list-bounces+bob=example.net@lists.example", true},
    {"Mailman, confirmation", "list-confirm+80ce2b27c8af6666259bbc471fb3be24a0b80316@lists.example",
     "list-confirm+f688d3e481a65c2011bef2c328a72c5e5b77518b@lists.example", true},
    {"Lyris", "bounce-080048-7012503@lyris.example", "bounce-499717-5546157@lyris.example", true},
    {"phpList", "bounce-627-32073@shop.example", "bounce-023-19527@shop.example", true},
    {"Discourse", "incoming+verp-3c02eaa7f3b4a715e4e48dd74089a58f@forum.example",
     "incoming+verp-3aef3416f9386bd8773c9d51940ea4e0@forum.example", true},
    {"Odoo", "bounce+8425-sale.order-606@erp.example", "bounce+3492-sale.order-228@erp.example", true},
    {"a bank", "mailer.20261127.083432.3911@bank.example", "mailer.20261127.083497.4232@bank.example", true},
    {"a bank's code", "no-reply-c7jc04@bank.example", "no-reply-x7q3xm@bank.example", true},
    {"a bank's code, capitals", "TAN_KJU710@bank.example", "TAN_NYP243@bank.example", true},
    {"UUID behind bounce", "bounce-5b15b0be-23b7-ac19-3fe0-407275539800@shop.example",
     "bounce-3680e7e3-b351-83ef-8333-c4774ec50cd1@shop.example", true},
    {"UUID alone", "c1bac7ad-ac1a-4b7d-0b35-2ad6074dce11@shop.example",
     "18813830-d719-39b5-3182-e4e349d98729@shop.example", true},
    {"UUID without dashes", "e7c6be9ff907a76cc0b57aaf89691052@shop.example",
     "be1ceb374dab4683f84d30d3fc4d83ce@shop.example", true},
    {"a hash alone", "e9b9bcca0fce9594dc72aa7a6d0018f99ddceb1b@shop.example",
     "e0273dbc46dfcea25bab29539ad5966d513b1d00@shop.example", true},
    {"a short hash alone", "909c30065f@mail.shop.example", "846d345303@mail.shop.example", true},
    {"base36 alone", "4axvtr30k9fmha2h64mc@shop.example", "so13ep2s3ffe2abk0tjq@shop.example", true},
    {"base64url alone", "G_iFXC0NZ-cFlwvTWxaLYUoQXQZip2SF@shop.example",
     "Xy7KSE3eJdRtEqlzIq47EuVTBZWAM8AD@shop.example", true},
    {"a number alone, below the shop's domain", "7249795@bounces.shop.example",
     "8369832@bounces.shop.example", true},
    {"a long number alone", "18184609240612@shop.example", "35311858431413@shop.example", true},
    {"a tagged number", "order426456@shop.example", "order724205@shop.example", true},
    {"BATV", "prvs=56077cb359=joe@example.com", "prvs=14931c15d6=joe@example.com", true},
    {"BATV, IronPort", "prvs=194c1957f=joe@example.com", "prvs=18db03911=joe@example.com", true},
    {"BATV, the tag last", "prvs=joe=31056b2dc7@example.com", "prvs=joe=4815deae16@example.com", true},
    {"BATV, a slash", "prvs=joe/6827618557@example.com", "prvs=joe/84305bbd26@example.com", true},
    {"BATV, Barracuda", "btv1==4227f770e4b==joe.doe@example.com", "btv1==42297a3d54e==joe.doe@example.com",
     true},
    {"BATV around a bounce", "prvs=63140bf611=bounce-44314@example.com",
     "prvs=7125eeb952=bounce-00771@example.com", true},
    {"SRS0", "SRS0=VTvV=QG=example.org=joe@fwd.example", "SRS0=PF9B=7M=example.org=joe@fwd.example", true},
    {"SRS0, a plus", "SRS0+PbTl=SQ=example.org=joe@fwd.example", "SRS0+Fkrd=BZ=example.org=joe@fwd.example",
     true},
    {"SRS0, a minus", "srs0-sLVx=KG=example.org=joe@fwd.example", "srs0-NPWx=WU=example.org=joe@fwd.example",
     true},
    {"SRS1", "SRS1=oxiJ=one.example==6x11=QP=example.org=joe@two.example",
     "SRS1=dcgK=one.example==ZO60=ZD=example.org=joe@two.example", true},
    {"SRS1, =+", "SRS1=8nFB=one.example=+FUkt=FJ=example.org=joe@two.example",
     "SRS1=Soki=one.example=+COzf=C4=example.org=joe@two.example", true},
    {"SRS1, =-", "SRS1+EmnU=one.example=-xac1=3J=example.org=joe@two.example",
     "SRS1+seQd=one.example=-GTA4=VE=example.org=joe@two.example", true},
    {"SRS in SRS", "SRS0=CaQ9=LK=one.example=SRS0=ysaC=WM=example.org=joe@two.example",
     "SRS0=EfIu=53=one.example=SRS0=I6O3=JZ=example.org=joe@two.example", true},
    {"SRS of a bounce", "SRS0=9MNf=DV=lists.example=list-return-9499-joe=fwd.example@fwd.example",
     "SRS0=A8xE=IT=lists.example=list-return-5803-joe=fwd.example@fwd.example", true},
    {"SRS of Exchange Online", "bounces+SRS=oRVCS=FJ@tenant.onmicrosoft.com",
     "bounces+SRS=QLxJL=2X@tenant.onmicrosoft.com", true},
    {"SRS of Exchange Online, whole", "bounces+SRS=HpKCz=QH=example.org=joe@fwd.example",
     "bounces+SRS=ol94m=HO=example.org=joe@fwd.example", true},
    {"Gmail, forwarded", "joe+caf_=bob=example.net@gmail.com", "joe+caf_=bob=example.net@gmail.com", true},
    {"a host in the domain", "www-data@web41.shop.example", "www-data@web38.shop.example", true},
    {"a host in the local part", "cron-web47@shop.example", "cron-web38@shop.example", true},
    {"a token in the domain", "x@tey7w5q4s8wz.na63.bnc.example", "x@w7w6tpyacu58.na63.bnc.example", true},
    // People who meet: what a system cannot be told from.
    {"a year of birth", "ann.1985@example.com", "ann.1990@example.com", true},
    {"a student's number", "s-1234567@uni.example", "s-7654321@uni.example", true},
    {"case", "Joe.Doe@Example.COM", "joe.doe@example.com", true},
    {"an extension", "joe+one@example.com", "joe+two@example.com", true},
    {"an extension, and none", "john.doe2+one@example.com", "john.doe2@example.com", true},
    // Who must not.
    {"two names", "ann@example.com", "joe@example.com", false},
    {"two names in a family", "j.schwartz@example.com", "m.schwartz@example.com", false},
    {"two initials", "mschmidt@example.com", "jschwarz@example.com", false},
    {"names with a digit", "john.doe2@example.com", "john.doe3@example.com", false},
    {"numbers that are names", "12345@example.com", "67890@example.com", false},
    {"long numbers that are names", "123456789@example.com", "987654321@example.com", false},
    {"words of hexadecimal digits", "bad-cafe@example.com", "bad-face@example.com", false},
    {"long words", "kundenbenachrichtigung@shop.example", "bestellbestaetigung@shop.example", false},
    {"names that begin with capitals", "DoNotReply@bank.example", "CustomerService@bank.example", false},
    {"letters beyond ASCII", "j\xc3\xb6rg@example.com", "bj\xc3\xb6rn@example.com", false},
    {"a script beyond ASCII", "\xe5\xbc\xa0\xe4\xbc\x9f@example.com", "\xe6\x9d\x8e\xe5\xa8\x9c@example.com",
     false},
    {"what an organization writes", "news-4711@shop.example", "orders-4712@shop.example", false},
    {"two organizations", "bounce-4711@one.example", "bounce-4712@two.example", false},
    {"two below a country's suffix", "news@one.co.uk", "news@two.co.uk", false},
    {"two below a company's suffix", "news@one.github.io", "news@two.github.io", false},
    {"two domains of one provider", "shop-yhidk-r@cmail19.com", "shop-yhidk-r@cmail20.com", false},
    {"two senders of one forwarder", "SRS0=aB3d=QG=example.org=joe@fwd.example",
     "SRS0=xY4z=QG=example.org=ann@fwd.example", false},
    {"two domains of one forwarder", "SRS0=aB3d=QG=example.org=joe@fwd.example",
     "SRS0=xY4z=QG=example.com=joe@fwd.example", false},
    {"two senders with BATV", "prvs=0123456789=joe@example.com", "prvs=0123456780=ann@example.com", false},
    {"two senders with BATV, the tag last", "prvs=joe=0123456789@example.com",
     "prvs=ann=0123456780@example.com", false},
    {"quoted", "\"joe b-4711\"@example.com", "\"joe b-4712\"@example.com", false},
    {"address literals", "joe@[192.0.2.1]", "joe@[192.0.2.2]", false},
    {"no addresses", "a@b@c", "a@b@d", false},
    // Nothing shows that this is made up. It waits each time.
    {"a code that is a word", "noreply-cafe@bank.example", "noreply-beef@bank.example", false},
};

std::string key(const std::string& path) { return greylist_sender(Address::parse(path)); }

}  // namespace

class GreylistKeyTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GreylistKeyTest);
  CPPUNIT_TEST(the_next_message_of_a_system_has_the_same_key);
  CPPUNIT_TEST(random_words_meet);
  CPPUNIT_TEST(senders_lose_what_changes_between_messages);
  CPPUNIT_TEST(what_is_not_made_up_stays);
  CPPUNIT_TEST(recipients_lose_case_and_extension);
  CPPUNIT_TEST(letters_beyond_ascii_have_one_form);
  CPPUNIT_TEST(clients_become_networks);
  CPPUNIT_TEST(keys_are_bounded);
  CPPUNIT_TEST_SUITE_END();

  void the_next_message_of_a_system_has_the_same_key() {
    std::string wrong;
    for (const auto& row : kForms)
      if ((key(row.first) == key(row.next)) != row.one)
        wrong += "\n" + std::string(row.form) + ": " + key(row.first) + " " + key(row.next);
    CPPUNIT_ASSERT_EQUAL(std::string(), wrong);
  }

  // 2000 pairs of each alphabet, of which at most two in a hundred have two keys: base64
  // begins with a word now and then, "bob-x8Fq...".
  void random_words_meet() {
    const std::string digits = "0123456789";
    const std::string letters = "abcdefghijklmnopqrstuvwxyz";
    const std::string capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const struct {
      std::string name;
      std::string alphabet;
      std::size_t size;
    } kinds[] = {{"hexadecimal", digits + "abcdef", 12},
                 {"hexadecimal, long", digits + "ABCDEF", 40},
                 {"base36", digits + letters, 16},
                 {"base32", capitals + "234567", 26},
                 {"base62", digits + letters + capitals, 16},
                 {"base64", digits + letters + capitals + "+/", 24},
                 {"base64url", digits + letters + capitals + "-_", 32}};
    std::mt19937 random(20261128);
    for (const auto& kind : kinds) {
      const auto token = [&] {
        std::string out;
        while (out.size() < kind.size) out += kind.alphabet[random() % kind.alphabet.size()];
        return out;
      };
      for (const std::string prefix : {"", "bounce-", "m."}) {
        int apart = 0;
        for (int i = 0; i < 2000; ++i)
          apart += key(prefix + token() + "@shop.example") == key(prefix + token() + "@shop.example") ? 0 : 1;
        CPPUNIT_ASSERT_MESSAGE(kind.name + " behind " + prefix + ": " + std::to_string(apart), apart <= 40);
      }
    }
  }

  void senders_lose_what_changes_between_messages() {
    const struct {
      const char* in;
      const char* out;
    } table[] = {
        {"<>", "<>"},
        {"<Joe@Example.COM>", "joe@example.com"},
        {"<joe@mx7.mail.example.com>", "joe@example.com"},
        {"<joe+list@example.com>", "joe@example.com"},
        // BATV
        {"<prvs=0123456789=joe@example.com>", "joe@example.com"},
        {"<prvs=tag=joe@example.com>", "joe@example.com"},
        {"<prvs=joe/0123456789@example.com>", "joe@example.com"},
        {"<PRVS=joe=0123456789@example.com>", "joe@example.com"},
        {"<msprvs1=20676xgzi92p-=bounces@example.com>", "bounces@example.com"},
        {"<btv1==0123456789a==joe@example.com>", "joe@example.com"},
        // SRS
        {"<SRS0=HHH=TT=mx.example.org=joe@fwd.example>", "srs=example.org=joe@fwd.example"},
        {"<SRS0+HHH=TT=example.org=joe@fwd.example>", "srs=example.org=joe@fwd.example"},
        {"<SRS1=HHH=one.example==HHH=TT=example.org=joe@two.example>", "srs=example.org=joe@two.example"},
        {"<SRS0=HHH=TT=example.org=prvs=0123456789=joe@fwd.example>", "srs=example.org=joe@fwd.example"},
        {"<prvs=0123456789=SRS0=HHH=TT=example.org=joe@fwd.example>", "srs=example.org=joe@fwd.example"},
        // VERP and bounces
        {"<list-owner+joe=example.com@list.example>", "list-owner@list.example"},
        {"<bounce-joe=example.com@list.example>", "bounce-joe=example.com@list.example"},
        {"<bounce-4711-joe=example.com@list.example>", "bounce-#@list.example"},
        {"<msg.20261121.0042@list.example>", "msg-#@list.example"},
        {"<B-00DEADBEEF17@list.example>", "#@list.example"},
        {"<john1985@example.com>", "john-#@example.com"},
        {"<j\xc3\xbcrg@b\xc3\xbc"
         "cher.example>",
         "j\xc3\xbcrg@xn--bcher-kva.example"},
        {"postmaster", "postmaster"},
    };
    for (const auto& row : table) CPPUNIT_ASSERT_EQUAL(std::string(row.out), key(row.in));
  }

  void what_is_not_made_up_stays() {
    for (const char* path : {"12345@example.com",
                             "john.doe2@example.com",
                             "bad-cafe@example.com",
                             "web2@example.com",
                             "\"a +b\"@example.com",
                             "\"Ab-4711\"",
                             "+only@example.com",
                             "prvs=@example.com",
                             "prvs=a=@example.com",
                             "srs@example.com",
                             "srs0@example.com",
                             "srs-x@example.com",
                             "btv==@example.com",
                             "mschmidt@example.com",
                             "a@co.uk",
                             "a@com",
                             "a@[192.0.2.1]",
                             "a@localhost",
                             "@",
                             "foo",
                             "a.b.c@example.com",
                             "...@example.com",
                             "-@example.com"})
      CPPUNIT_ASSERT_EQUAL(ascii_lower(path), key(path));
    // Not SRS: no domain, no local part, no time.
    for (const char* path : {"srs0=x@example.com", "srs0=a=b=c=d@example.com", "srs1=a=b@example.com",
                             "srs0=a=b=example.org=@example.com", "srs1=@example.com", "srs0=@example.com"})
      CPPUNIT_ASSERT_EQUAL(std::string("srs-#@example.com"), key(path));
  }

  void recipients_lose_case_and_extension() {
    const auto recipient = [](const char* path) { return greylist_recipient(Address::parse(path)); };
    CPPUNIT_ASSERT_EQUAL(std::string("bob@example.net"), recipient("<Bob+Spam@Example.NET>"));
    CPPUNIT_ASSERT_EQUAL(std::string("b-4711@mx.example.net"), recipient("<b-4711@mx.example.net>"));
    CPPUNIT_ASSERT_EQUAL(std::string("+bob@example.net"), recipient("<+bob@example.net>"));
    CPPUNIT_ASSERT_EQUAL(std::string("\"a b+c\"@example.net"), recipient("<\"a b+c\"@example.net>"));
    CPPUNIT_ASSERT_EQUAL(std::string("a@example.net"), recipient("<\"a+b\"@example.net>"));
    CPPUNIT_ASSERT_EQUAL(std::string("<>"), recipient(""));
  }

  // As user names are.
  void letters_beyond_ascii_have_one_form() {
    for (const char* path : {"JÜRGEN@example.com", "jürgen@example.com", "ju\u0308rgen@example.com"}) {
      CPPUNIT_ASSERT_EQUAL(std::string("jürgen@example.com"), greylist_recipient(Address::parse(path)));
      CPPUNIT_ASSERT_EQUAL(std::string("jürgen@example.com"), key(path));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("mötley-#@example.com"), key("MÖTLEY-4711@example.com"));
    CPPUNIT_ASSERT_EQUAL(std::string("j\xdcrgen@example.com"), key("J\xdcrgen@example.com"));
  }

  void clients_become_networks() {
    const auto client = [](const char* address, unsigned v4, unsigned v6) {
      return greylist_client(*IpAddress::parse(address), v4, v6);
    };
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.0/24"), client("192.0.2.77", 24, 64));
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.77/32"), client("192.0.2.77", 32, 64));
    CPPUNIT_ASSERT_EQUAL(std::string("2001:db8:1:2::/64"), client("2001:db8:1:2:3::4", 24, 64));
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.0/24"), client("::ffff:192.0.2.77", 24, 64));
  }

  // Much of what might be read again and again.
  void keys_are_bounded() {
    for (const std::string unit : {"x", "+", "=", "prvs=", "prvs=a=", "SRS0=a=b=c.d=", "SRS1=a=b==c=d=e.f=",
                                   "a-", "aB", "1a", "\xc3\xb6", "\"", "btv1==a=="}) {
      std::string local;
      while (local.size() < 500'000) local += unit;
      CPPUNIT_ASSERT_MESSAGE(unit, key(local + "@example.com").size() <= 1024);
      CPPUNIT_ASSERT_MESSAGE(unit, key("a@" + local).size() <= 1024);
      CPPUNIT_ASSERT_MESSAGE(unit, key(local).size() <= 1024);
      CPPUNIT_ASSERT_MESSAGE(unit, greylist_recipient(Address::parse(local + "@example.com")).size() <= 1024);
      CPPUNIT_ASSERT_MESSAGE(unit, greylist_recipient(Address::parse("a@" + local)).size() <= 1024);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(GreylistKeyTest);
